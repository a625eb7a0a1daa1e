// The tokens of the forging provider: what each kind of provider puts into them, and the ID tokens that must be refused.

import { createHash, generateKeyPairSync, randomUUID } from "node:crypto";
import { SignJWT, exportJWK } from "jose";

export const GOOGLE = "https://accounts.google.com";
export const APPLE = "https://appleid.apple.com";
export const MICROSOFT = "https://login.microsoftonline.com";
/** The tenant of people who sign in by Microsoft. */
export const TENANT = "3d3a8b3e-2b1c-4d0e-9f57-5b6a4c1e7f10";

const HOUR = 3600;
/** The id of the key that signs ID tokens. */
export const KEY_ID = "forge-1";
const RSA = { modulusLength: 2048 };

/** What an authorization code, an access token and a refresh token contain: `fields`, as base64url JSON. */
export function encode(fields) {
  return Buffer.from(JSON.stringify(fields)).toString("base64url");
}

/** The fields of a code or a token, or undefined if it is none of ours. */
export function decode(text) {
  try {
    const fields = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    return typeof fields === "object" && fields !== null ? fields : undefined;
  } catch {
    return undefined;
  }
}

/** The fields of a person, with defaults for those that are left out. A field that is null is left out of the answers. */
export function person(kind, fields = {}) {
  const email = fields.email === undefined ? "person@example.com" : fields.email;
  return {
    ...fields,
    email,
    sub: fields.sub ?? subject(kind, email ?? "nobody"),
    email_verified: fields.email_verified === undefined ? true : fields.email_verified,
    name: fields.name === undefined ? "Grace Hopper" : fields.name,
  };
}

/** The same person always has the same subject, which differs from one kind of provider to another. */
function subject(kind, email) {
  const digest = createHash("sha256").update(`${kind} ${email}`).digest();
  // GitHub's ids are numbers.
  return kind === "github" ? `${digest.readUIntBE(0, 4)}` : `${kind}-${digest.toString("hex", 0, 8)}`;
}

/** The keys of a provider, and what it signs with them. */
export class Signer {
  #url;
  #own = generateKeyPairSync("rsa", RSA);
  #other = generateKeyPairSync("rsa", RSA);

  /** `url` is where the provider runs: the issuer of `acme` is below it. */
  constructor(url) {
    this.#url = url;
  }

  async jwks() {
    return { keys: [{ ...(await exportJWK(this.#own.publicKey)), kid: KEY_ID, alg: "RS256", use: "sig" }] };
  }

  /** An ID token for a client. `fields` are those of a code, whose `fault` may be one of an ID token. */
  async idToken(kind, fields) {
    const claims = this.#claims(kind, person(kind, fields));
    const now = Math.floor(Date.now() / 1000);
    const change = CLAIM_FAULTS[fields.fault]?.(now);
    return this.#sign(without({ ...claims, ...fields.claims, ...change }), fields.fault);
  }

  #claims(kind, { sub, email, email_verified, name, picture, nonce, client_id, authority }) {
    const iat = Math.floor(Date.now() / 1000);
    const common = { sub, aud: client_id, iat, exp: iat + HOUR, email, email_verified, nonce };
    switch (kind) {
      case "google":
        return { iss: GOOGLE, ...common, name, picture };
      case "apple":
        // Apple tells the name only in the form that it posts.
        return { iss: APPLE, ...common };
      case "microsoft": {
        const tenant = { iss: `${authority ?? MICROSOFT}/${TENANT}/v2.0`, tid: TENANT, oid: `oid-of-${sub}` };
        return { ...tenant, ...common, name, preferred_username: email };
      }
      default:
        return { iss: `${this.#url}/${kind}`, ...common, name, picture };
    }
  }

  #sign(claims, fault) {
    if (fault === "alg-none") return `${encode({ alg: "none", typ: "JWT" })}.${encode(claims)}.`;
    const signed = (header, key) => new SignJWT(claims).setProtectedHeader({ typ: "JWT", kid: KEY_ID, ...header }).sign(key);
    if (fault === "alg-hs256") {
      const pem = this.#own.publicKey.export({ type: "spki", format: "pem" });
      return signed({ alg: "HS256" }, Buffer.from(pem));
    }
    const key = fault === "wrong-key" ? this.#other.privateKey : this.#own.privateKey;
    return signed({ alg: "RS256", ...(fault === "unknown-kid" && { kid: "unknown" }) }, key);
  }
}

/** Faults in the claims of an ID token. */
const CLAIM_FAULTS = {
  "wrong-nonce": () => ({ nonce: "another-nonce" }),
  "no-nonce": () => ({ nonce: null }),
  "wrong-audience": () => ({ aud: "another-client" }),
  "wrong-issuer": () => ({ iss: "https://issuer.example.com" }),
  expired: (now) => ({ iat: now - 2 * HOUR, exp: now - HOUR }),
};

/** The successful answer of a token endpoint. `fields` are those of the code or of the refresh token. */
export async function tokens(signer, kind, fields, refreshed = false) {
  const { scope, expires_in, refresh, fault, refresh_token_expires_in } = fields;
  const grant = encode({ ...fields, kind, use: "access", jti: randomUUID() });
  const openid = kind !== "github" && kind !== "plain" && fault !== "no-id-token";
  const rotated = refresh && !(refreshed && refresh === "kept");
  return without({
    access_token: grant,
    token_type: kind === "github" ? "bearer" : "Bearer",
    // GitHub separates scopes by commas.
    scope: kind === "github" ? scope?.replaceAll(" ", ",") : scope,
    expires_in: expires_in === undefined && kind !== "github" ? HOUR : expires_in,
    refresh_token: rotated ? encode({ ...fields, kind, use: "refresh", jti: randomUUID() }) : undefined,
    refresh_token_expires_in,
    // A refreshed ID token has no nonce (OpenID Connect Core 12.2).
    id_token: openid ? await signer.idToken(kind, refreshed ? { ...fields, nonce: undefined } : fields) : undefined,
  });
}

/** What the userinfo endpoint says about the person that an access token belongs to. */
export function userInfo(kind, fields) {
  const { sub, email, email_verified, name, picture, fault } = person(kind, fields);
  const told = fault === "userinfo-other-sub" ? `${sub}0` : sub;
  if (kind === "github") {
    const login = email?.split("@")[0] ?? "nobody";
    return { id: Number(told), login, name, email: fields.private_email ? null : email, avatar_url: picture ?? null };
  }
  if (kind === "plain") return without({ id: told, email, email_verified, name, picture });
  return without({ sub: told, email, email_verified, name, picture });
}

/** The answer of GitHub's `user/emails`. */
export function emails(fields) {
  const { email, email_verified } = person("github", fields);
  const second = { email: "second@example.com", primary: false, verified: true, visibility: null };
  return email === null ? [] : [second, { email, primary: true, verified: email_verified, visibility: "public" }];
}

/** The object without the fields that are null or undefined. */
function without(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}
