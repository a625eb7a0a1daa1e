import { expect, it } from "vitest";
import type { Capabilities } from "../capabilities";
import { mailWays } from "./mail-ways";

function service(...signInMethods: string[]): Capabilities {
  return { signInMethods } as unknown as Capabilities;
}

it("offers what the service offers", () => {
  expect(mailWays(service("email-password"), "")).toEqual([]);
  expect(mailWays(service("email-password", "email-otp", "magic-link"), "?next=%2Fsettings")).toEqual(["link", "code"]);
});

it("offers no code for an application, whose URL only a sign-in with a link validates", () => {
  expect(mailWays(service("email-otp", "magic-link"), "?callbackURL=https%3A%2F%2Fa.example")).toEqual(["link"]);
});
