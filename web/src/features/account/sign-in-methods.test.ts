import { describe, expect, it } from "vitest";
import type { Capabilities } from "@/features/auth/capabilities";
import type { LinkedAccount } from "./account";
import { hasPassword, providerMethods, waysToSignInAgain, WITH_PASSWORD } from "./sign-in-methods";

const GOOGLE = { id: "google", name: "Google" };
const GITHUB = { id: "github", name: "GitHub" };

function service(signInMethods = ["email-password", "social"], socialProviders = [GOOGLE, GITHUB]): Capabilities {
  return { signInMethods, socialProviders } as unknown as Capabilities;
}

function account(providerId: string, id = providerId): LinkedAccount {
  return { id, providerId, createdAt: "2026-11-21T12:39:37.130Z" };
}

const PASSWORD = account("credential");

/** The providers of the list with what can be done about them. */
function summary(accounts: LinkedAccount[], capabilities = service()): string[] {
  return providerMethods(accounts, capabilities).map(
    ({ provider, account, last }) => `${provider.name}: ${account ? (last ? "last" : "linked") : "not linked"}`,
  );
}

describe("the list of sign-in methods", () => {
  it("has every provider of the service, in its order", () => {
    expect(summary([])).toEqual(["Google: not linked", "GitHub: not linked"]);
    expect(summary([account("github"), PASSWORD])).toEqual(["Google: not linked", "GitHub: linked"]);
  });

  it("has each of several accounts at one provider", () => {
    expect(summary([account("google", "1"), account("google", "2")])).toEqual([
      "Google: linked",
      "Google: linked",
      "GitHub: not linked",
    ]);
  });

  it("has linked providers that the service no longer offers", () => {
    expect(summary([PASSWORD, account("acme")], service(undefined, [GOOGLE]))).toEqual([
      "Google: not linked",
      "acme: linked",
    ]);
  });

  it("marks the last way to sign in", () => {
    expect(summary([account("google")])).toEqual(["Google: last", "GitHub: not linked"]);
    expect(summary([account("google"), account("github")])).toEqual(["Google: linked", "GitHub: linked"]);
    expect(summary([account("google"), PASSWORD])).toEqual(["Google: linked", "GitHub: not linked"]);
  });

  it("counts only what the service accepts", () => {
    expect(summary([account("google"), PASSWORD], service(["social"]))).toEqual(["Google: last", "GitHub: not linked"]);
    expect(summary([account("google"), account("acme")])).toEqual([
      "Google: last",
      "GitHub: not linked",
      "acme: linked",
    ]);
  });
});

describe("the ways to sign in again", () => {
  it("are for users who cannot use a password", () => {
    expect(waysToSignInAgain([account("github")], service())).toEqual({ providers: [GITHUB], mail: [] });
    expect(waysToSignInAgain([account("github"), PASSWORD], service())).toEqual(WITH_PASSWORD);
    expect(waysToSignInAgain([account("github"), PASSWORD], service(["social"]))).toEqual({
      providers: [GITHUB],
      mail: [],
    });
    expect(waysToSignInAgain([account("acme")], service())).toEqual(WITH_PASSWORD);
  });

  it("include the user's email, if the service accepts it", () => {
    const capabilities = service(["email-password", "magic-link", "email-otp"], []);
    expect(waysToSignInAgain([], capabilities)).toEqual({ providers: [], mail: ["link", "code"] });
    expect(waysToSignInAgain([PASSWORD], capabilities)).toEqual(WITH_PASSWORD);
  });
});

it("a user has a password if one is listed", () => {
  expect(hasPassword([account("google"), PASSWORD])).toBe(true);
  expect(hasPassword([account("google")])).toBe(false);
});
