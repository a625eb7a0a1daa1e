import { expect, it } from "vitest";
import { secretIn } from "./two-factor";

it("the key of an authenticator app is shown in groups", () => {
  expect(secretIn("otpauth://totp/Latchkey:ada@example.com?secret=ABCDEFGH234&issuer=Latchkey")).toBe("ABCD EFGH 234");
  expect(secretIn("otpauth://totp/Latchkey:ada@example.com?secret=ABCDEFGH")).toBe("ABCD EFGH");
});
