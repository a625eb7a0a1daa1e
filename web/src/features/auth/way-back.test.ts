import { describe, expect, it } from "vitest";
import { signInAddress, wayBack } from "./way-back";

describe("the way back", () => {
  it("leads through the sign-in to where one was", () => {
    const address = signInAddress("/dashboard?search=a%26b", true);
    expect(address).toBe("/signin?expired&next=%2Fdashboard%3Fsearch%3Da%2526b");
    expect(wayBack(new URL(address, "http://page").search)).toBe("/dashboard?search=a%26b");
  });

  it("keeps the section of the page", () => {
    const address = signInAddress("/settings#password", false);
    expect(address).toBe("/signin?next=%2Fsettings%23password");
    expect(wayBack(new URL(address, "http://page").search)).toBe("/settings#password");
  });

  it("says nothing that need not be said", () => {
    expect(signInAddress("/dashboard", false)).toBe("/signin");
    expect(signInAddress("/dashboard", true)).toBe("/signin?expired");
    expect(wayBack("")).toBe("/dashboard");
  });

  it.each([
    "//evil.example",
    "https://evil.example/dashboard",
    "/\\evil.example",
    "javascript:alert(1)",
    "/signin",
    "http://",
  ])("never leads to %s", (next) => {
    expect(wayBack(`?next=${encodeURIComponent(next)}`)).toBe("/dashboard");
  });
});
