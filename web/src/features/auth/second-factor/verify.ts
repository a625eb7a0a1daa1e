import { postAuth } from "@/lib/auth-client";
import { ServiceError } from "@/lib/service-error";
import type { FormError } from "../messages";
import type { FactorMethod } from "./challenge";

/** How a user proves the second factor: with one of the methods, or with a backup code. */
export type Proof = FactorMethod | "backup-code";

const PATHS: Record<Proof, string> = {
  totp: "/two-factor/verify-totp",
  otp: "/two-factor/verify-otp",
  "backup-code": "/two-factor/verify-backup-code",
};

/** Verifies a code. The response replaces the session cookie. */
export async function verifyCode(proof: Proof, code: string, trustDevice?: boolean): Promise<void> {
  await postAuth(PATHS[proof], { code: normalized(code), ...(trustDevice && { trustDevice }) });
}

/** Requests an email with a code. */
export async function sendCode(): Promise<void> {
  await postAuth("/two-factor/send-otp");
}

/** Removes the spaces with which apps and emails group codes, so that a pasted code works. */
export function normalized(code: string): string {
  return code.replaceAll(/\s/g, "");
}

const BY_CODE: Record<string, FormError> = {
  INVALID_CODE: { field: "code", text: "Incorrect code. Enter the newest one; each code works once." },
  INVALID_BACKUP_CODE: { field: "code", text: "Incorrect backup code. Each code works once." },
  OTP_HAS_EXPIRED: { field: "code", text: "This code has expired. Request a new one." },
  TOTP_NOT_ENABLED: { text: "Your account has no authenticator app. Use another method." },
  TOTP_ALREADY_ENABLED: { text: "Two-factor authentication is already on. Reload the page." },
  TWO_FACTOR_NOT_ENABLED: { text: "Two-factor authentication is already off. Reload the page." },
  BACKUP_CODES_NOT_ENABLED: { text: "Your account has no backup codes. Only an authenticator app comes with them." },
  OTP_NOT_ENABLED: { text: "Codes by email are not available for your account. Use another method." },
  OTP_NOT_CONFIGURED: { text: "Codes by email are not available for your account. Use another method." },
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: { text: "Too many incorrect codes. Cancel and start over." },
};

const LOCKED = "ACCOUNT_TEMPORARILY_LOCKED";
const MINUTE = 60;

/** Formats a wait of seconds, in minutes if it is long. */
function duration(seconds: number): string {
  const [count, unit] = seconds > MINUTE ? [Math.ceil(seconds / MINUTE), "minute"] : [seconds, "second"];
  return `in ${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** Explains the errors that only second factors have. */
export function factorErrorFor(error: unknown): FormError | undefined {
  if (!(error instanceof ServiceError)) {
    return undefined;
  }
  if (error.code === LOCKED) {
    const when = error.retryAfter ? duration(error.retryAfter) : "later";
    return { text: `Too many incorrect codes. Your account accepts no codes for a while. Try again ${when}.` };
  }
  return BY_CODE[error.code];
}

/** Why a challenged sign-in has to start over. */
export type Lost = "expired" | "too many";

const LOST: Record<string, Lost> = {
  INVALID_TWO_FACTOR_COOKIE: "expired",
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: "too many",
};

/** Returns why the sign-in has to start over, if this error means that. */
export function lostBy(error: unknown): Lost | undefined {
  return error instanceof ServiceError ? LOST[error.code] : undefined;
}
