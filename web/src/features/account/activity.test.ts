import { expect, test } from "vitest";
import type { SecurityEvent } from "./account";
import { describe } from "./activity";

const EVENT: SecurityEvent = {
  event: "session.started",
  outcome: "success",
  occurredAt: "2026-11-21T12:39:37.130Z",
  sessionId: null,
  ipAddress: "192.0.2.1",
  userAgent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
  reason: "sign_in",
  count: null,
};

test("an event is described in words", () => {
  expect(describe(EVENT)).toBe("Signed in with Firefox on Linux");
  expect(describe({ ...EVENT, event: "account.linked" })).toBe("Sign-in method added");
  expect(describe({ ...EVENT, event: "sign_in.refused", count: 1 })).toBe("Sign-in failed");
  expect(describe({ ...EVENT, event: "sign_in.refused", count: 12 })).toBe("Sign-in failed (12 times)");
  expect(describe({ ...EVENT, event: "sessions.revoked", count: 3 })).toBe("Other devices signed out");
});

test("an event that a newer service has added is shown by its name", () => {
  expect(describe({ ...EVENT, event: "passkey.first_added" })).toBe("passkey first added");
});

test("what another event of the same request says is left out", () => {
  expect(describe({ ...EVENT, event: "session.ended", reason: "replaced" })).toBeNull();
  expect(describe({ ...EVENT, event: "session.ended", reason: null })).toBe("Signed out");
  expect(describe({ ...EVENT, event: "link.used" })).toBeNull();
  expect(describe({ ...EVENT, event: "code.used" })).toBeNull();
});
