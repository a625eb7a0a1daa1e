import { describe, expect, it } from "vitest";
import { providerProblem } from "./provider-problem";

const UNKNOWN = "The request could not be completed. Please try again.";

const CODES = [
  "BANNED_USER",
  "access_denied",
  "account_already_linked_to_different_user",
  "account_not_linked",
  "banned",
  "email_does_not_match",
  "email_not_found",
  "email_not_verified",
  "invalid_code",
  "issuer_mismatch",
  "issuer_missing",
  "oauth_provider_not_found",
  "signup_disabled",
  "state_mismatch",
  "unable_to_get_user_info",
  "unable_to_link_account",
];

describe("the message for a provider's error", () => {
  it.each(CODES)("explains %s", (code) => {
    const text = providerProblem(code);
    expect(text).not.toBe(UNKNOWN);
    expect(text).toMatch(/^[A-Z][^_]+\.$/);
  });

  it.each(["", "Call +1 555 0100 to unlock your account", "constructor", "__proto__", "toString"])(
    "shows no text of the URL: %s",
    (code) => {
      expect(providerProblem(code)).toBe(UNKNOWN);
    },
  );
});
