// Better Auth's plugin `twoFactor`, with the options that correspond to the settings and the constants of auth-service.

import { twoFactor } from "better-auth/plugins";

const MINUTES = 60;
const HOURS = 60 * MINUTES;
const DAYS = 24 * HOURS;

/**
 * The plugin, if a profile has it. It comes before `bearer`, which would otherwise return the token of the session that a
 * challenge has just ended.
 */
export function twoFactorPlugins(settings, outbox) {
  if (settings.TWO_FACTOR_ENABLED !== "true") return [];
  const plugin = twoFactor({
    issuer: settings.TWO_FACTOR_ISSUER,
    // `get-totp-uri` has an option of its own, and `enable` does not use it.
    totpOptions: { issuer: settings.TWO_FACTOR_ISSUER },
    allowPasswordless: true,
    twoFactorCookieMaxAge: 10 * MINUTES,
    trustDeviceMaxAge: 30 * DAYS,
    accountLockout: { maxFailedAttempts: 10, durationSeconds: 1 * HOURS },
    otpOptions: settings.MAIL_URL && {
      sendOTP: ({ user, otp }) => void outbox.push({ to: user.email, code: otp }),
      // In minutes, unlike every other time here.
      period: 3,
      allowedAttempts: 5,
      storeOTP: "hashed",
    },
  });
  return [plugin];
}
