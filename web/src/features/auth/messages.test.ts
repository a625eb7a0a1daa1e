import { afterEach, describe, expect, it, vi } from "vitest";
import { ServiceError } from "@/lib/service-error";
import { formErrorFor, validateSignUp, validatePassword, passwordRule, errorMessage, validateSignIn } from "./messages";

afterEach(() => vi.unstubAllGlobals());

describe("the messages of the requirements", () => {
  it.each([
    ["US1.2", 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", { field: "email", text: "Email already registered" }],
    ["US1.3", 400, "PASSWORD_TOO_SHORT", { field: "password", text: "Password must be at least 8 characters" }],
    ["US1.4", 400, "INVALID_EMAIL", { field: "email", text: "Invalid email format" }],
    ["US2.2", 401, "INVALID_EMAIL_OR_PASSWORD", { text: "Invalid credentials" }],
  ])("%s", (_, status, code, complaint) => {
    expect(formErrorFor(new ServiceError(status, code, ""))).toEqual(complaint);
  });

  it("maps a validation error of the service to its field", () => {
    const error = new ServiceError(400, "VALIDATION_ERROR", "[body.email] Invalid email address");
    expect(formErrorFor(error)).toEqual({ field: "email", text: "Invalid email format" });
  });

  it("shows the rejection of a weak password at its field", () => {
    for (const message of [
      "This is one of the most common passwords.",
      "The password you entered has been compromised.",
    ]) {
      const { field, text } = formErrorFor(new ServiceError(400, "PASSWORD_COMPROMISED", message));
      expect(field).toBe("password");
      expect(text).toMatch(/^This password is easy to guess\./);
    }
  });

  it("never shows a message of the service", () => {
    for (const status of [0, 400, 401, 403, 404, 422, 429, 500, 503]) {
      expect(errorMessage(new ServiceError(status, "ODD", "stack trace at 0x00"))).not.toContain("stack");
    }
  });

  it("reports a disabled feature", () => {
    expect(formErrorFor(new ServiceError(404, "", "")).text).toBe("This feature is disabled on this service.");
    expect(formErrorFor(new ServiceError(404, "NOT_FOUND", "")).text).toMatch(/^Something went wrong/);
  });

  it("names the setting if the page's origin is not trusted", () => {
    vi.stubGlobal("window", { location: { origin: "http://192.168.1.7:8080" } });
    const { field, text } = formErrorFor(new ServiceError(403, "INVALID_ORIGIN", "Invalid origin"));
    expect(field).toBeUndefined();
    expect(text).toContain("does not accept requests from http://192.168.1.7:8080.");
    expect(text).toContain("public URL (BASE_URL)");
    expect(text).toContain("TRUSTED_ORIGINS");
    expect(formErrorFor(new ServiceError(403, "FORBIDDEN", "")).text).toMatch(/^Something went wrong/);
  });

  it("reports how long to wait", () => {
    expect(errorMessage(new ServiceError(429, "", "", 7))).toBe("Too many attempts. Try again in 7 seconds.");
    expect(errorMessage(new ServiceError(429, "", ""))).toBe("Too many attempts. Try again later.");
  });
});

describe("validation before a request", () => {
  it("accepts valid values", () => {
    expect(validateSignUp({ name: "Ada", email: "ada@example.com", password: "12345678" })).toEqual([]);
  });

  it("reports every invalid field", () => {
    const fields = validateSignUp({ name: " ", email: "ada@", password: "1234567" }).map(({ field }) => field);
    expect(fields).toEqual(["name", "email", "password"]);
    expect(
      validateSignUp({ name: "Ada", email: `${"a".repeat(250)}@example.com`, password: "p".repeat(129) }),
    ).toHaveLength(2);
  });

  it("takes the password length from the service's settings", () => {
    const limits = { minLength: 12, maxLength: 20 };
    expect(passwordRule(limits)).toBe("At least 12 characters");
    expect(passwordRule({ ...limits, minLength: 1 })).toBe("At least 1 character");
    const tooShort = { field: "password", text: "Password must be at least 12 characters" };
    const tooLong = { field: "password", text: "Password must be at most 20 characters" };
    expect(validatePassword({ password: "p".repeat(11) }, limits)).toEqual([tooShort]);
    expect(validatePassword({ password: "p".repeat(12) }, limits)).toEqual([]);
    expect(validatePassword({ password: "p".repeat(20) }, limits)).toEqual([]);
    expect(validatePassword({ password: "p".repeat(21) }, limits)).toEqual([tooLong]);
    expect(formErrorFor(new ServiceError(400, "PASSWORD_TOO_SHORT", ""), limits)).toEqual(tooShort);
    expect(formErrorFor(new ServiceError(400, "PASSWORD_TOO_LONG", ""), limits)).toEqual(tooLong);
  });

  it("accepts a short password at sign-in", () => {
    expect(validateSignIn({ email: "ada@example.com", password: "x" })).toEqual([]);
    expect(validateSignIn({ email: "ada@example.com", password: "" })).toHaveLength(1);
  });
});
