import { describe, expect, it } from "vitest";
import { retryPath, returnPath, signInPath } from "./return-path";

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
