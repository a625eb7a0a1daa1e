import { createHmac } from "node:crypto";
import { expect, type APIRequestContext, type Page } from "@playwright/test";
import { post, type Person } from "./fixtures";
import { mailTo, type Mail } from "./mailbox";
import type { Site } from "./stack/environment";

/** The subjects of the emails. */
export const FACTOR_CODE = "Your code to sign in";
export const SIGN_IN_CODE = "Your sign-in code";
export const SIGN_IN_LINK = "Sign in";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** The length of a time step (RFC 6238), in milliseconds, and the number of digits. */
const PERIOD = 30_000;
const DIGITS = 6;
/** A code must arrive within its last time step, so none is used this shortly before the end of it, in milliseconds. */
const MARGIN = 10_000;
/** A code that is too early is accepted soon after. */
const TIMEOUT = 2 * PERIOD;

function decodeBase32(text: string): Buffer {
  const bits = [...text.replaceAll("=", "")].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, "0"));
  return Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
}

/** The code of a counter (RFC 4226). */
function hotp(key: Buffer, counter: number): string {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(counter));
  const digest = createHmac("sha1", key).update(message).digest();
  const offset = (digest.at(-1) ?? 0) & 0xf;
  const number = digest.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, "0");
}

/** An authenticator app. */
export class Authenticator {
  readonly #key: Buffer;
  #last = Number.NEGATIVE_INFINITY;

  constructor(totpURI: string) {
    this.#key = decodeBase32(new URL(totpURI).searchParams.get("secret") ?? "");
  }

  /**
   * Returns a code that was not returned before, because each works once. The service accepts the codes of the current
   * time step and of one before and after it, so the first two calls do not wait, and usually the third neither.
   */
  async code(): Promise<string> {
    const step = (time: number) => Math.floor(time / PERIOD);
    this.#last = Math.max(this.#last + 1, step(Date.now() + MARGIN) - 1);
    await expect.poll(() => step(Date.now()) + 1 >= this.#last, { timeout: TIMEOUT }).toBe(true);
    return hotp(this.#key, this.#last);
  }
}

/** A user with an authenticator app. */
export interface Protected {
  app: Authenticator;
  backupCodes: string[];
}

/** Sets up an authenticator app for the user who is signed in with the browser that `request` belongs to. */
export async function protect(request: APIRequestContext, site: Site, { password }: Person): Promise<Protected> {
  const enabled = await post<{ totpURI: string; backupCodes: string[] }>(request, site, "two-factor/enable", {
    password,
    method: "totp",
  });
  const app = new Authenticator(enabled.totpURI);
  await post(request, site, "two-factor/verify-totp", { code: await app.code() });
  return { app, backupCodes: enabled.backupCodes };
}

/** Turns on codes by email for the user who is signed in with the browser that `request` belongs to. */
export async function protectByMail(request: APIRequestContext, site: Site, { password }: Person): Promise<void> {
  await post(request, site, "two-factor/enable", { password, method: "otp" });
}

/** Returns the code in an email, which is on a line of its own. */
export function codeIn({ subject, text }: Mail): string {
  const code = /^\s*(\d{6})\s*$/m.exec(text)?.[1];
  if (!code) {
    throw new Error(`No code in “${subject}”:\n${text}`);
  }
  return code;
}

/** Waits for an email with a code, and returns the code. */
export async function codeTo(site: Site, email: string, subject: string, after?: Mail): Promise<string> {
  return codeIn(await mailTo(site, email, subject, after));
}

/** Waits for the page that asks for the second factor. */
export async function challenged(page: Page): Promise<void> {
  await expect(page).toHaveURL(/\/two-factor\?methods=/);
  await expect(page.getByRole("heading", { name: "Two-factor authentication" })).toBeVisible();
}

/** Enters a code on the page that asks for the second factor. */
export async function enterCode(page: Page, code: string): Promise<void> {
  await page.getByLabel(/^(Code|Backup code)$/).fill(code);
  await page.getByRole("button", { name: "Verify" }).click();
}
