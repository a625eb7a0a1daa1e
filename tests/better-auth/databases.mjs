// What days would do to a server's rows. Better Auth's tables and ours say the same in other words.

import { createHash } from "node:crypto";
import { SignJWT, decodeJwt } from "jose";
import { SECRET } from "./settings.mjs";

const THEIRS = {
  age: `UPDATE session SET "createdAt" = "createdAt" - $2::interval, "updatedAt" = "updatedAt" - $2::interval,
        "expiresAt" = "expiresAt" - $2::interval WHERE token = $1`,
  expire: `UPDATE verification SET "expiresAt" = "expiresAt" - interval '2 days' WHERE identifier LIKE '%' || $1`,
  verify: `UPDATE "user" SET "emailVerified" = true WHERE email = $1`,
  forgetPassword: `DELETE FROM account WHERE "userId" = $1`,
  forgetUser: `DELETE FROM "user" WHERE id = $1`,
};
const OURS = {
  age: `UPDATE sessions SET created_at = created_at - $2::interval, updated_at = updated_at - $2::interval,
        expires_at = expires_at - $2::interval WHERE token_hash = $1`,
  expire: `UPDATE verifications SET created_at = created_at - interval '2 days', expires_at = expires_at - interval '2 days'
           WHERE token_hash = $1`,
  verify: `UPDATE users SET email_verified = true WHERE email = $1`,
  forgetPassword: `DELETE FROM passwords WHERE user_id = $1`,
  forgetUser: `DELETE FROM users WHERE id = $1`,
};

export class Databases {
  #side;

  constructor(side) {
    this.#side = side;
  }

  /** Makes a session older, by PostgreSQL's words for a time: "2 days". */
  age(token, by) {
    return this.#change("age", [this.#key(token), by]);
  }

  /** Lets the time of a mailed token pass. Answers the token that is over. */
  async expire(token) {
    if (this.#side.isOracle && token.includes(".")) {
      // It has no row: it is a JWT, and says itself when it ends.
      const claims = { ...decodeJwt(token), iat: 1, exp: 2 };
      return new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(SECRET));
    }
    await this.#change("expire", [this.#key(token)]);
    return token;
  }

  /** Marks an address as verified. */
  verify(email) {
    return this.#change("verify", [email]);
  }

  /** Leaves a user without a password, as those are who came by another way. */
  forgetPassword(user) {
    return this.#change("forgetPassword", [user.id]);
  }

  /** Removes a user behind the server's back. */
  forgetUser(user) {
    return this.#change("forgetUser", [user.id]);
  }

  #key(token) {
    return this.#side.isOracle ? token : createHash("sha256").update(token).digest();
  }

  async #change(statement, values) {
    const { rowCount } = await this.#side.rows.query((this.#side.isOracle ? THEIRS : OURS)[statement], values);
    if (rowCount === 0) throw new Error(`${statement}: there is no such row`);
  }
}
