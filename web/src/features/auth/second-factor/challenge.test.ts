import { afterEach, describe, expect, it, vi } from "vitest";
import { beginChallenge, challengeIn, endChallenge, isChallenged, knownMethods } from "./challenge";

afterEach(() => {
  endChallenge();
  vi.unstubAllGlobals();
});

/** Replaces the browser's storage. Returns what is stored. */
function storage(): Map<string, string> {
  const values = new Map<string, string>();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => values.set(key, value),
    removeItem: (key: string) => values.delete(key),
  });
  return values;
}

describe("a response to a sign-in", () => {
  it("is a challenge only if it says so", () => {
    expect(challengeIn({ twoFactorRedirect: true, twoFactorMethods: ["totp", "otp"] })).toEqual({
      methods: ["totp", "otp"],
    });
    for (const answer of [null, undefined, {}, { token: "x" }, { twoFactorRedirect: false }, "text"]) {
      expect(challengeIn(answer)).toBeUndefined();
    }
  });

  it("may have methods that the page does not know, or none", () => {
    expect(challengeIn({ twoFactorRedirect: true, twoFactorMethods: ["passkey", "otp"] })).toEqual({
      methods: ["otp"],
    });
    expect(challengeIn({ twoFactorRedirect: true })).toEqual({ methods: [] });
    expect(knownMethods(["otp", "totp", "otp", 7])).toEqual(["totp", "otp"]);
  });
});

describe("a challenged sign-in", () => {
  it("is remembered until it ends", () => {
    storage();
    expect(isChallenged()).toBe(false);
    beginChallenge({ application: "https://application.example/", replaces: "handle" });
    expect(isChallenged()).toBe(true);
    expect(endChallenge()).toEqual({ application: "https://application.example/", replaces: "handle" });
    expect(isChallenged()).toBe(false);
    expect(endChallenge().application).toBeUndefined();
  });

  it("finds the application after a reload, and no application of an earlier sign-in", () => {
    const stored = storage();
    stored.set("latchkey.application", "https://application.example/");
    expect(endChallenge().application).toBe("https://application.example/");
    stored.set("latchkey.application", "https://application.example/");
    beginChallenge({});
    expect(endChallenge().application).toBeUndefined();
  });

  it("works without storage", () => {
    vi.stubGlobal("sessionStorage", undefined);
    beginChallenge({ replaces: "handle" });
    expect(endChallenge().replaces).toBe("handle");
  });
});
