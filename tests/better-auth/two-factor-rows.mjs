// The rows of second factors that databases.mjs changes. $1 is what `lockOf` returns in `endLock`, and elsewhere what `rowOf`
// returns.

import { createHash, createHmac } from "node:crypto";
import { SECRET } from "./settings.mjs";

export const THEIRS_OF_SECOND_FACTORS = {
  // Deleted, because Better Auth finds a challenge that has expired until another request deletes it.
  expireChallenge: `DELETE FROM verification WHERE identifier LIKE '%' || $1`,
  expireCode: `UPDATE verification SET "expiresAt" = now() - interval '1 minute' WHERE identifier = '2fa-otp-' || $1`,
  expireTrust: `UPDATE verification SET "expiresAt" = now() - interval '1 minute' WHERE identifier = $1`,
  endLock: `UPDATE "twoFactor" SET "lockedUntil" = now() - interval '1 minute' WHERE "userId" = $1`,
};
export const OURS_OF_SECOND_FACTORS = {
  expireChallenge: `UPDATE two_factor_challenges SET expires_at = now() - interval '1 minute' WHERE token_hash = $1`,
  expireCode: `UPDATE second_factor_mail_codes SET expires_at = now() - interval '1 minute' WHERE holder = $1`,
  expireTrust: `UPDATE trusted_devices SET expires_at = now() - interval '1 minute' WHERE token_hash = $1`,
  endLock: `UPDATE limits SET ends_at = now() - interval '1 minute' WHERE key = $1`,
};

/**
 * What identifies the row of a challenge or of a trusted device: in Better Auth's table the end of the cookie's value, in ours
 * the hash of the token in it, which follows the kind of the cookie.
 */
export function rowOf(side, value) {
  return side.isOracle ? value.split("!").at(-1) : createHash("sha256").update(value.split("~").at(-1)).digest();
}

/** What identifies the row that counts the guesses at a user's second factor: the user, or ours of unknown devices. */
export function lockOf(side, user) {
  if (side.isOracle) return user.id;
  const secret = createHmac("sha256", SECRET).update("key for limits").digest();
  const key = createHmac("sha256", secret);
  for (const part of ["factor of account", user.email]) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(Buffer.byteLength(part)));
    key.update(length).update(part);
  }
  return key.digest();
}
