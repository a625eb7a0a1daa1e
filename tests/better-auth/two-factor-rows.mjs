// The rows of second factors that databases.mjs changes. $1 is a user's id in `endLock`, and elsewhere what `rowOf` returns.

import { createHash } from "node:crypto";

export const THEIRS_OF_SECOND_FACTORS = {
  // Deleted, because Better Auth finds a challenge that has expired until another request deletes it.
  expireChallenge: `DELETE FROM verification WHERE identifier LIKE '%' || $1`,
  expireCode: `UPDATE verification SET "expiresAt" = now() - interval '1 minute' WHERE identifier = '2fa-otp-' || $1`,
  expireTrust: `UPDATE verification SET "expiresAt" = now() - interval '1 minute' WHERE identifier = $1`,
  endLock: `UPDATE "twoFactor" SET "lockedUntil" = now() - interval '1 minute' WHERE "userId" = $1`,
};
export const OURS_OF_SECOND_FACTORS = {
  expireChallenge: `UPDATE two_factor_challenges SET expires_at = now() - interval '1 minute' WHERE token_hash = $1`,
  expireCode: `UPDATE two_factor_challenges SET code_expires_at = now() - interval '1 minute' WHERE token_hash = $1`,
  expireTrust: `UPDATE trusted_devices SET expires_at = now() - interval '1 minute' WHERE token_hash = $1`,
  endLock: `UPDATE second_factors SET locked_until = now() - interval '1 minute' WHERE user_id = $1`,
};

/**
 * What identifies the row of a challenge or of a trusted device: in Better Auth's table the end of the cookie's value, in ours
 * the hash of the token in it, which follows the kind of the cookie.
 */
export function rowOf(side, value) {
  return side.isOracle ? value.split("!").at(-1) : createHash("sha256").update(value.split("~").at(-1)).digest();
}
