// The rows of second factors that databases.mjs changes. $1 is a user's id in `endLock`. Elsewhere it is the identifier of a
// row in Better Auth's tables, and the hash of a cookie's value in ours.

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
