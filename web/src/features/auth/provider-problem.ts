const EXPIRED = "This request has expired, or it was started in another browser. Please try again.";
const UNCONFIRMED = "The provider did not confirm the sign-in. Please try again.";
const WRONG_ISSUER = "The response could not be attributed to the provider and was rejected. Please try again.";
const BANNED = "You have been banned. Contact support if you believe this is an error.";
const UNUSABLE_LINK = "This sign-in link is no longer valid: it works once and expires soon. Request a new one.";
const NO_ACCOUNT = "No account exists for this email, and a new one cannot be created with a sign-in link.";
const UNVERIFIED = "The provider has not verified your email. Verify it there, then try again.";

const BY_CODE: Record<string, string> = {
  // Errors of the API are passed on under their own names.
  BANNED_USER: BANNED,
  EMAIL_NOT_VERIFIED: UNVERIFIED,
  // Errors of sign-in links.
  ATTEMPTS_EXCEEDED: UNUSABLE_LINK,
  EXPIRED_TOKEN: UNUSABLE_LINK,
  INVALID_TOKEN: UNUSABLE_LINK,
  TOKEN_EXPIRED: UNUSABLE_LINK,
  access_denied: "Access was cancelled or denied at the provider.",
  account_not_linked:
    "An account with this email exists, but this provider is not linked to it. Sign in another way, then link the " +
    "provider under Settings.",
  account_already_linked_to_different_user: "This account at the provider is already linked to another user.",
  banned: BANNED,
  email_does_not_match: "The email at the provider is not the email of your account. Nothing was linked.",
  email_not_found: "The provider did not share your email. Allow access to it there, then try again.",
  email_not_verified: UNVERIFIED,
  invalid_code: UNCONFIRMED,
  issuer_mismatch: WRONG_ISSUER,
  issuer_missing: WRONG_ISSUER,
  new_user_signup_disabled: NO_ACCOUNT,
  no_code: UNCONFIRMED,
  oauth_provider_not_found: "This provider is not available. Choose another way to sign in.",
  please_restart_the_process: EXPIRED,
  signup_disabled: "No account is linked to this sign-in, and a new one cannot be created with it.",
  state_mismatch: EXPIRED,
  state_not_found: EXPIRED,
  temporarily_unavailable: "The provider is temporarily unavailable. Please try again in a moment.",
  unable_to_get_user_info: "The provider did not return your account details. Please try again.",
  unable_to_link_account:
    "The provider could not be linked to your account. Make sure that it has verified your email, then try again.",
};

const UNKNOWN = "The request could not be completed. Please try again.";

/**
 * Explains why a provider or a sign-in link sent the browser back without success, by the code that the service adds to the page's URL
 * as `error`. Anybody can write such a URL, so its text is never shown.
 */
export function providerProblem(code: string): string {
  return Object.hasOwn(BY_CODE, code) ? (BY_CODE[code] ?? UNKNOWN) : UNKNOWN;
}
