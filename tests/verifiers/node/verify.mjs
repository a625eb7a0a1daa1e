// Verifies tokens with every library of package.json: as its documentation introduces it, and with a check of the token's type.
//
// Standard input: {"issuer", "audience", "tokens": {name: token}}. Standard output: {"results", "discovery"}. A result has, for
// each token, the `sub` that the library returned, or null if it rejected the token.
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { JwtVerifier } from "aws-jwt-verify";
import { createVerifier } from "fast-jwt";
import buildGetJwks from "get-jwks";
import { Hono } from "hono";
import { jwk } from "hono/jwk";
import { createRemoteJWKSet, jwtVerify } from "jose";
import jsonwebtoken from "jsonwebtoken";
import jwksClient from "jwks-rsa";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";

const { issuer, audience, tokens } = JSON.parse(await text(process.stdin));
const jwksUri = `${issuer}/.well-known/jwks.json`;
const TYP = "at+jwt";

const joseKeys = createRemoteJWKSet(new URL(jwksUri));
const jose = (options) => async (token) => {
  const rules = { issuer, audience, algorithms: ["RS256"], ...options };
  return (await jwtVerify(token, joseKeys, rules)).payload.sub;
};

const client = jwksClient({ jwksUri });
const secret = (header, callback) =>
  client.getSigningKey(header.kid, (error, key) => callback(error, key?.getPublicKey()));
const jsonwebtokenVerify = (typ) => (token) =>
  new Promise((resolve, reject) => {
    const rules = { algorithms: ["RS256"], issuer, audience, complete: true };
    jsonwebtoken.verify(token, secret, rules, (error, verified) => {
      if (error) reject(error);
      else if (typ && verified.header.typ !== typ) reject(new Error("typ"));
      else resolve(verified.payload.sub);
    });
  });

const fastJwt = (options, discovery) => {
  const jwks = buildGetJwks({ providerDiscovery: discovery });
  const key = ({ header }) => jwks.getPublicKey({ kid: header.kid, alg: header.alg, domain: issuer });
  const verify = createVerifier({ key, algorithms: ["RS256"], allowedIss: issuer, allowedAud: audience, ...options });
  return async (token) => (await verify(token)).sub;
};

const hono = new Hono();
hono.use(jwk({ jwks_uri: jwksUri, alg: ["RS256"], verification: { iss: issuer, aud: audience } }));
hono.get("/", (context) => context.json(context.get("jwtPayload")));
const honoVerify = async (token) => {
  const response = await hono.request("/", { headers: { authorization: `Bearer ${token}` } });
  if (response.status !== 200) throw new Error(String(response.status));
  return (await response.json()).sub;
};

const aws = (typ) => {
  const customJwtCheck = ({ header }) => {
    if (typ && header.typ !== typ) throw new Error("typ");
  };
  const verifier = JwtVerifier.create({ issuer, audience, jwksUri, customJwtCheck });
  return async (token) => (await verifier.verify(token)).sub;
};

const authorizationServer = (algorithm) =>
  oauth
    .discoveryRequest(new URL(issuer), { algorithm })
    .then((response) => oauth.processDiscoveryResponse(new URL(issuer), response));
const oauthVerify = (algorithm) => async (token) => {
  const request = new Request("https://api.test/", { headers: { authorization: `Bearer ${token}` } });
  // The default tolerates a clock skew of 30 seconds.
  const options = { [oauth.clockTolerance]: 0 };
  return (await oauth.validateJwtAccessToken(await authorizationServer(algorithm), request, audience, options)).sub;
};

const verifiers = [
  ["jose", false, jose({})],
  ["jose", true, jose({ typ: TYP })],
  ["jsonwebtoken", false, jsonwebtokenVerify()],
  ["jsonwebtoken", true, jsonwebtokenVerify(TYP)],
  ["fast-jwt", false, fastJwt({}, false)],
  ["fast-jwt", true, fastJwt({ checkTyp: TYP }, true)],
  ["hono", false, honoVerify],
  ["aws-jwt-verify", false, aws()],
  ["aws-jwt-verify", true, aws(TYP)],
  ["oauth4webapi", true, oauthVerify("oauth2")],
  ["oauth4webapi", true, oauthVerify("oidc")],
];

const version = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;

const results = [];
for (const [library, checksType, verify] of verifiers) {
  const taken = {};
  for (const [name, token] of Object.entries(tokens)) {
    taken[name] = await Promise.resolve(token).then(verify).catch((error) => {
      if (process.env.DEBUG) console.error(library, name, error);
      return null;
    });
  }
  results.push({ library, version: version(library), checksType, taken });
}

// Clients that discover the issuer by RFC 8414 and by OpenID Connect Discovery.
const discovery = {};
for (const algorithm of ["oauth2", "oidc"]) {
  const found = await openid.discovery(new URL(issuer), "client", undefined, undefined, { algorithm });
  discovery[`openid-client ${algorithm}`] = found.serverMetadata().jwks_uri;
  discovery[`oauth4webapi ${algorithm}`] = (await authorizationServer(algorithm)).jwks_uri;
}
console.log(JSON.stringify({ results, discovery }));
