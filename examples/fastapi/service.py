"""A service that accepts Latchkey access tokens: `GET /` returns the token's user id.

    uvicorn service:app --port 8090

Environment: ISSUER and AUDIENCE (the tokens' `iss` and `aud`), JWKS_URL (default: {ISSUER}/.well-known/jwks.json).
"""

import os

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from keys import Keys, KeysUnavailable

ISSUER, AUDIENCE = os.environ["ISSUER"], os.environ["AUDIENCE"]

# begin: verify
keys = Keys(os.environ.get("JWKS_URL", f"{ISSUER}/.well-known/jwks.json"))
bearer = HTTPBearer(auto_error=False)
unauthorized = HTTPException(401, "UNAUTHORIZED", {"WWW-Authenticate": "Bearer"})


# Not `async`, so that FastAPI runs it on a thread, where fetching keys blocks no other request.
def user_id(credentials: HTTPAuthorizationCredentials | None = Depends(bearer)) -> str:
    if credentials is None:
        raise unauthorized
    try:
        verified = jwt.api_jwt.decode_complete(
            credentials.credentials,
            keys.get_signing_key_from_jwt(credentials.credentials).key,
            algorithms=["RS256"],
            issuer=ISSUER,
            audience=AUDIENCE,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            leeway=5,  # clock skew in seconds
        )
    except jwt.PyJWTError:
        raise unauthorized from None
    except KeysUnavailable:
        raise HTTPException(503, "KEYS_UNAVAILABLE", {"Retry-After": "10"}) from None
    # PyJWT ignores `typ` and accepts an empty `sub`.
    user = verified["payload"]["sub"]
    if verified["header"].get("typ") != "at+jwt" or not isinstance(user, str) or not user:
        raise unauthorized
    return user


app = FastAPI()


@app.get("/")
def who(user: str = Depends(user_id)):
    return {"user_id": user}
# end: verify
