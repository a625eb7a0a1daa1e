// Verifies a token like a resource server that knows only the URL of the JWKS.
//
//   node verify-token.mjs <jwks url> <token> <issuer>
//
// Prints the payload and the header, or fails with the reason.
import { createRemoteJWKSet, jwtVerify } from "jose";

const [url, token, issuer] = process.argv.slice(2);
const { payload, protectedHeader } = await jwtVerify(token, createRemoteJWKSet(new URL(url)), { issuer });
console.log(JSON.stringify({ payload, protectedHeader }));
