// A service that accepts Latchkey access tokens: `GET /` returns the token's user id.
//
// Environment: ISSUER and AUDIENCE (the tokens' `iss` and `aud`), JWKS_URL (default: {ISSUER}/.well-known/jwks.json),
// PORT (default 8090).
import { createServer } from "node:http";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

const { ISSUER, AUDIENCE, PORT = "8090" } = process.env;
if (!ISSUER || !AUDIENCE) throw new Error("ISSUER and AUDIENCE must be set");
const JWKS_URL = process.env.JWKS_URL ?? `${ISSUER}/.well-known/jwks.json`;

// begin: verify
// By default jose fetches the keys every ten minutes and rejects all tokens if a fetch fails. This fetches them every five
// minutes in the background, and keeps using the last valid keys for a day.
const keys = createRemoteJWKSet(new URL(JWKS_URL), { cacheMaxAge: 24 * 60 * 60_000 });
const refresh = () => keys.reload().catch((error) => console.error("cannot fetch the keys:", error.message));
setInterval(refresh, 5 * 60_000).unref();
await refresh();

/** The request's user id, or null if the token is invalid (401). Throws if there are no keys to verify it with (503). */
async function userOf(request) {
  const [, token] = /^Bearer +([^ ]+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (!token) return null;
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ["RS256"],
      typ: "at+jwt",
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ["exp", "sub"],
      clockTolerance: 5, // clock skew in seconds
    });
    return payload.sub;
  } catch (error) {
    const noKeys = ["ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID", "ERR_JOSE_GENERIC"];
    if (error instanceof errors.JOSEError && !noKeys.includes(error.code)) return null;
    throw error;
  }
}
// end: verify

function answer(response, status, headers, body) {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

const server = createServer(async (request, response) => {
  try {
    const user = await userOf(request);
    if (user) answer(response, 200, {}, { user_id: user });
    else answer(response, 401, { "www-authenticate": "Bearer" }, { code: "UNAUTHORIZED" });
  } catch (error) {
    console.error(error.message);
    answer(response, 503, { "retry-after": "10" }, { code: "KEYS_UNAVAILABLE" });
  }
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
