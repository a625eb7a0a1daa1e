import { describe, expect, it } from "vitest";
import { ServiceError } from "@/lib/service-error";
import { factorErrorFor, lostBy, normalized } from "./verify";

describe("a code", () => {
  it("may be pasted with spaces", () => {
    expect(normalized(" 123 456\u00a0")).toBe("123456");
    expect(normalized("fax0D-SDC2p\n")).toBe("fax0D-SDC2p");
    expect(normalized("  ")).toBe("");
  });
});

describe("the errors of second factors", () => {
  it("belong to the field if the code is wrong", () => {
    for (const code of ["INVALID_CODE", "INVALID_BACKUP_CODE", "OTP_HAS_EXPIRED"]) {
      expect(factorErrorFor(new ServiceError(401, code, ""))?.field).toBe("code");
    }
  });

  it("say how long the account is locked", () => {
    const locked = (wait?: number) =>
      factorErrorFor(new ServiceError(429, "ACCOUNT_TEMPORARILY_LOCKED", "", wait))?.text;
    expect(locked(3_600)).toMatch(/Try again in 60 minutes\.$/);
    expect(locked(61)).toMatch(/Try again in 2 minutes\.$/);
    expect(locked(60)).toMatch(/Try again in 60 seconds\.$/);
    expect(locked(1)).toMatch(/Try again in 1 second\.$/);
    expect(locked()).toMatch(/Try again later\.$/);
  });

  it("leave other errors to the form", () => {
    expect(factorErrorFor(new ServiceError(400, "INVALID_PASSWORD", ""))).toBeUndefined();
    expect(factorErrorFor(new Error("network"))).toBeUndefined();
  });

  it("tell whether the sign-in has to start over", () => {
    expect(lostBy(new ServiceError(401, "INVALID_TWO_FACTOR_COOKIE", ""))).toBe("expired");
    expect(lostBy(new ServiceError(400, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE", ""))).toBe("too many");
    expect(lostBy(new ServiceError(401, "INVALID_CODE", ""))).toBeUndefined();
  });
});
