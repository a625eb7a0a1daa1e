import { describe, expect, it } from "vitest";
import {
  challengeDestination,
  challengePath,
  isOwnPage,
  restartPath,
  retryPath,
  returnPath,
  signInPath,
} from "./return-path";

describe("the return path", () => {
  it("leads through sign-in back to the page", () => {
    const address = signInPath("/dashboard?search=a%26b", true);
    expect(address).toBe("/signin?expired&next=%2Fdashboard%3Fsearch%3Da%2526b");
    expect(returnPath(new URL(address, "http://page").search)).toBe("/dashboard?search=a%26b");
  });

  it("keeps the section of the page", () => {
    const address = signInPath("/settings#password", false);
    expect(address).toBe("/signin?next=%2Fsettings%23password");
    expect(returnPath(new URL(address, "http://page").search)).toBe("/settings#password");
  });

  it("omits defaults", () => {
    expect(signInPath("/dashboard", false)).toBe("/signin");
    expect(signInPath("/dashboard", true)).toBe("/signin?expired");
    expect(returnPath("")).toBe("/dashboard");
  });

  it.each([
    "//evil.example",
    "https://evil.example/dashboard",
    "/\\evil.example",
    "javascript:alert(1)",
    "/signin",
    "http://",
  ])("never leads to %s", (next) => {
    expect(returnPath(`?next=${encodeURIComponent(next)}`)).toBe("/dashboard");
  });
});

describe("the path for another attempt", () => {
  it("keeps the destination, but neither reasons nor errors", () => {
    expect(retryPath("?expired&next=%2Fsettings%23password&error=access_denied")).toBe(
      "/signin?next=%2Fsettings%23password",
    );
    expect(retryPath("?callbackURL=https%3A%2F%2Fapp.example%2F&not-ended")).toBe(
      "/signin?callbackURL=https%3A%2F%2Fapp.example%2F",
    );
    expect(retryPath("?expired")).toBe("/signin");
  });
});

describe("the path of the second factor", () => {
  const origin = "https://page.example";
  const after = (callbackURL: string) =>
    challengeDestination(`?methods=totp&callbackURL=${encodeURIComponent(callbackURL)}`, origin);

  it("keeps the methods and the destination", () => {
    const path = challengePath(["totp", "otp"], "?expired&next=%2Fsettings%23password");
    expect(path).toBe("/two-factor?methods=totp%2Cotp&next=%2Fsettings%23password");
    expect(challengeDestination(new URL(path, origin).search, origin)).toBe("/settings#password");
    expect(challengeDestination(new URL(challengePath(["otp"], ""), origin).search, origin)).toBe("/dashboard");
  });

  it("leads to paths of the page's origin", () => {
    expect(after("/settings#password")).toBe("/settings#password");
    expect(after("https://page.example/app?x=1")).toBe("/app?x=1");
    expect(isOwnPage("/app?x=1")).toBe(false);
    expect(isOwnPage("/settings#password")).toBe(true);
  });

  it.each([
    "//evil.example",
    "https://evil.example/dashboard",
    "https://page.example.evil.example/",
    "https://page.example@evil.example/",
    "/\\evil.example",
    "https://page.example//evil.example/",
    "/.//evil.example/",
    "/%2F/../..//evil.example/",
    "\t//evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "blob:https://page.example/x",
    "http://page.example/",
    "/api/auth/sign-out",
    "/two-factor",
    "http://",
  ])("never leads to %s", (callbackURL) => {
    expect(after(callbackURL)).toBe("/dashboard");
  });

  it("starts again with the same destination", () => {
    expect(restartPath("?methods=totp&next=%2Fsettings", origin, undefined)).toBe("/signin?next=%2Fsettings");
    expect(restartPath("?methods=totp&callbackURL=%2Fsettings", origin, undefined)).toBe("/signin?next=%2Fsettings");
    expect(restartPath("?methods=totp", origin, undefined)).toBe("/signin");
    expect(restartPath("?methods=totp", origin, "https://app.example/")).toBe(
      "/signin?callbackURL=https%3A%2F%2Fapp.example%2F",
    );
  });
});
