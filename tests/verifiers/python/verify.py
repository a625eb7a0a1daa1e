"""Verifies tokens with every library of requirements.txt: as its documentation introduces it, and with a check of the type.

Standard input: {"issuer", "audience", "tokens": {name: token}}. Standard output: {"results", "discovery"}. A result has, for
each token, the `sub` that the library returned, or null if it rejected the token.
"""

import json
import os
import sys
from importlib.metadata import version

import jwt
import requests
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet
from jose import jwt as python_jose

given = json.load(sys.stdin)
ISSUER, AUDIENCE, TYP = given["issuer"], given["audience"], "at+jwt"
JWKS_URL = f"{ISSUER}/.well-known/jwks.json"


class WrongType(Exception):
    """The token is of another type."""


def check_type(header, checks_type):
    if checks_type and header.get("typ") != TYP:
        raise WrongType


pyjwt_keys = jwt.PyJWKClient(JWKS_URL)


def pyjwt(checks_type):
    def verify(token):
        key = pyjwt_keys.get_signing_key_from_jwt(token)
        verified = jwt.decode_complete(token, key, algorithms=["RS256"], issuer=ISSUER, audience=AUDIENCE)
        check_type(verified["header"], checks_type)
        return verified["payload"]["sub"]

    return verify


def metadata(suffix):
    url = get_well_known_url(ISSUER, external=True, suffix=suffix)
    found = AuthorizationServerMetadata(requests.get(url, timeout=5).json())
    # Not `validate()`, which also requires the endpoints of an OAuth sign-in.
    found.validate_issuer()
    found.validate_jwks_uri()
    return found


def authlib(checks_type):
    keys = JsonWebKey.import_key_set(requests.get(metadata("openid-configuration")["jwks_uri"], timeout=5).json())
    rules = {"iss": {"essential": True, "value": ISSUER}, "aud": {"essential": True, "value": AUDIENCE}}

    def verify(token):
        claims = JsonWebToken(["RS256"]).decode(token, keys, claims_options=rules)
        claims.validate()
        check_type(claims.header, checks_type)
        return claims["sub"]

    return verify


def joserfc(checks_type):
    keys = KeySet.import_key_set(requests.get(JWKS_URL, timeout=5).json())
    rules = joserfc_jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": AUDIENCE}, exp={"essential": True}
    )

    def verify(token):
        verified = joserfc_jwt.decode(token, keys, algorithms=["RS256"])
        rules.validate(verified.claims)
        check_type(verified.header, checks_type)
        return verified.claims["sub"]

    return verify


def jose(checks_type):
    keys = requests.get(JWKS_URL, timeout=5).json()

    def verify(token):
        claims = python_jose.decode(token, keys, algorithms=["RS256"], issuer=ISSUER, audience=AUDIENCE)
        check_type(python_jose.get_unverified_header(token), checks_type)
        return claims["sub"]

    return verify


def taken(library, verify, token):
    try:
        return verify(token)
    except Exception as error:  # each library has its own exceptions
        if "DEBUG" in os.environ:
            print(library, repr(error), file=sys.stderr)
        return None


results = []
for library, build in [("PyJWT", pyjwt), ("Authlib", authlib), ("joserfc", joserfc), ("python-jose", jose)]:
    for checks_type in [False, True]:
        verify = build(checks_type)
        by_name = {name: taken(library, verify, token) for name, token in given["tokens"].items()}
        results.append({"library": library, "version": version(library), "checksType": checks_type, "taken": by_name})

discovery = {}
for suffix in ["oauth-authorization-server", "openid-configuration"]:
    discovery[f"Authlib {suffix}"] = metadata(suffix)["jwks_uri"]
print(json.dumps({"results": results, "discovery": discovery}))
