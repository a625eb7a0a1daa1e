// Changes a server's rows as if days had passed, in Better Auth's tables and in ours.

import { createHash, createHmac } from "node:crypto";
import { SignJWT, decodeJwt } from "jose";
import { SECRET } from "./settings.mjs";
import { OURS_OF_SECOND_FACTORS, THEIRS_OF_SECOND_FACTORS, lockOf, rowOf } from "./two-factor-rows.mjs";

const THEIRS = {
  age: `UPDATE session SET "createdAt" = "createdAt" - $2::interval, "updatedAt" = "updatedAt" - $2::interval,
        "expiresAt" = "expiresAt" - $2::interval WHERE token = $1`,
  expire: `UPDATE verification SET "expiresAt" = "expiresAt" - interval '2 days' WHERE identifier LIKE '%' || $1`,
  expireLink: `UPDATE verification SET "expiresAt" = "expiresAt" - interval '2 days' WHERE identifier = 'magic-link:' || $1`,
  expireCode: `UPDATE verification SET "expiresAt" = now() - interval '1 second' WHERE identifier = $1`,
  verify: `UPDATE "user" SET "emailVerified" = true WHERE email = $1`,
  // Not the row's own time: other requests delete rows that have expired.
  expireState: `UPDATE verification SET value = jsonb_set(value::jsonb, '{expiresAt}', '1')::text
                WHERE identifier = 'auth-state:' || $1`,
  expireAccess: `UPDATE account SET "accessTokenExpiresAt" = now() - interval '1 minute' WHERE id = $1`,
  forgetProvider: `UPDATE account SET "providerId" = 'former' WHERE id = $1`,
  forgetPassword: `DELETE FROM account WHERE "userId" = $1 AND "providerId" = 'credential'`,
  forgetUser: `DELETE FROM "user" WHERE id = $1`,
  ...THEIRS_OF_SECOND_FACTORS,
};
const OURS = {
  age: `UPDATE sessions SET created_at = created_at - $2::interval, updated_at = updated_at - $2::interval,
        expires_at = expires_at - $2::interval WHERE token_hash = $1`,
  expire: `UPDATE verifications SET created_at = created_at - interval '2 days', expires_at = expires_at - interval '2 days'
           WHERE token_hash = $1`,
  expireLink: `UPDATE magic_links SET expires_at = expires_at - interval '2 days' WHERE token_hash = $1`,
  expireCode: `UPDATE email_codes SET expires_at = now() - interval '1 second' WHERE subject = $1`,
  verify: `UPDATE users SET email_verified = true WHERE email = $1`,
  expireState: `UPDATE authorization_requests SET expires_at = now() - interval '1 minute' WHERE state_hash = $1`,
  expireAccess: `UPDATE linked_accounts SET access_token_expires_at = now() - interval '1 minute' WHERE id = $1`,
  forgetProvider: `UPDATE linked_accounts SET provider = 'former' WHERE id = $1`,
  forgetPassword: `DELETE FROM passwords WHERE user_id = $1`,
  forgetUser: `DELETE FROM users WHERE id = $1`,
  ...OURS_OF_SECOND_FACTORS,
};

/** What auth-service calls the types of codes. */
const PURPOSES = {
  "sign-in": "sign-in", "email-verification": "verify-email", "forget-password": "reset-password", "change-email": "change-email",
};

/** Under what auth-service stores a code. */
function subject(purpose, email, requester) {
  const key = createHmac("sha256", SECRET).update("key for email codes").digest();
  const mac = createHmac("sha256", key);
  for (const part of ["subject", purpose, email, requester, ""]) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(Buffer.byteLength(part)));
    mac.update(length).update(part);
  }
  return mac.digest();
}

export class Databases {
  #side;

  constructor(side) {
    this.#side = side;
  }

  /** Backdates a session by a PostgreSQL interval such as "2 days". */
  age(token, by) {
    return this.#change("age", [this.#key(token), by]);
  }

  /** Expires a mailed token. Returns the expired token. */
  async expire(token) {
    if (this.#side.isOracle && token.includes(".")) {
      // It has no row: it is a JWT that contains its expiry.
      const claims = { ...decodeJwt(token), iat: 1, exp: 2 };
      return new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(SECRET));
    }
    await this.#change("expire", [this.#key(token)]);
    return token;
  }

  /** Expires a link that signs in. */
  expireLink(token) {
    return this.#change("expireLink", [this.#key(token)]);
  }

  /** Expires a code of this type. `requester` is the user who asked for a change of email. */
  expireCode(type, email, requester) {
    const theirs = `${type}-otp-${requester ? `${requester.id}:` : ""}${email}`;
    return this.#change("expireCode", [
      this.#side.isOracle ? theirs : subject(PURPOSES[type], email, requester?.id ?? ""),
    ]);
  }

  /** Marks an email as verified. */
  verify(email) {
    return this.#change("verify", [email]);
  }

  /** Removes a user's password, as for users who signed up with another provider. */
  forgetPassword(user) {
    return this.#change("forgetPassword", [user.id]);
  }

  /** Expires the state of an authorization request, as if ten minutes had passed. */
  expireState(state) {
    return this.#change("expireState", [this.#key(state)]);
  }

  /** Expires the access token of a linked account. */
  expireAccess(accountId) {
    return this.#change("expireAccess", [accountId]);
  }

  /** Makes a linked account one of a provider that is not configured any more. */
  forgetProvider(accountId) {
    return this.#change("forgetProvider", [accountId]);
  }

  /** Deletes a user without the server's knowledge. */
  forgetUser(user) {
    return this.#change("forgetUser", [user.id]);
  }

  /** Expires the challenge of a browser, as if ten minutes had passed. */
  expireChallenge(browser) {
    return this.#change("expireChallenge", [rowOf(this.#side, browser.value("two_factor"))]);
  }

  /** Expires the code that was mailed for the challenge of a browser, as if three minutes had passed. */
  expireCode(browser) {
    return this.#change("expireCode", [rowOf(this.#side, browser.value("two_factor"))]);
  }

  /** Expires the trust in the device of a browser, as if 30 days had passed. */
  expireTrust(browser) {
    return this.#change("expireTrust", [rowOf(this.#side, browser.value("trust_device"))]);
  }

  /** Ends the lock of a user's second factor, as if an hour had passed. */
  endLock(user) {
    return this.#change("endLock", [lockOf(this.#side, user)]);
  }

  #key(token) {
    return this.#side.isOracle ? token : createHash("sha256").update(token).digest();
  }

  async #change(statement, values) {
    const { rowCount } = await this.#side.rows.query((this.#side.isOracle ? THEIRS : OURS)[statement], values);
    if (rowCount === 0) throw new Error(`${statement}: no such row`);
  }
}
