import { postAuth } from "@/lib/auth-client";
import { ServiceError } from "@/lib/service-error";
import type { FormError } from "../messages";
import { beginChallenge, challengeIn, type Challenge } from "../second-factor/challenge";
import { replaceSession, signInUrls, type ReturnUrls } from "../session";

/** Requests an email with a link that signs in. Without `urls`, the link leads to the destination of the page's query. */
export async function requestSignInLink(
  { email }: { email: string },
  urls: ReturnUrls = signInUrls(location.search),
): Promise<void> {
  await postAuth("/sign-in/magic-link", { email, ...urls });
}

/** Requests an email with a code that signs in. */
export async function requestSignInCode({ email }: { email: string }): Promise<void> {
  await postAuth("/email-otp/send-verification-otp", { email, type: "sign-in" });
}

/**
 * Starts a session with the code of an email. Returns a challenge if a second factor is required first. `replaces` is
 * the token of the session that the new one replaces.
 */
export async function signInWithCode(email: string, otp: string, replaces?: string): Promise<Challenge | undefined> {
  const challenge = challengeIn(await postAuth("/sign-in/email-otp", { email, otp }));
  if (challenge) {
    beginChallenge({ replaces });
    return challenge;
  }
  await replaceSession(replaces);
  return undefined;
}

const BY_CODE: Record<string, string> = {
  INVALID_OTP: "Incorrect code. Only the code of the newest email works, once.",
  OTP_EXPIRED: "This code has expired. Request a new one.",
  TOO_MANY_ATTEMPTS: "Too many incorrect codes. Request a new one.",
};

/** Explains why the code of an email was rejected. */
export function codeErrorFor(error: unknown): FormError | undefined {
  const text = error instanceof ServiceError ? BY_CODE[error.code] : undefined;
  return text === undefined ? undefined : { field: "code", text };
}
