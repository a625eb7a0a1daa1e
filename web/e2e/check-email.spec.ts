// The card that replaces a form after an email was sent.
import type { Page } from "@playwright/test";
import { signInUnverified, fillInSignUp, signInVerified, VERIFY } from "./by-mail";
import { expect, fillInSignIn, newPerson, test } from "./fixtures";
import { inspectPage } from "./inspect-page";
import { linkIn, mailsTo, mailTo } from "./mailbox";
import type { Site } from "./stack/environment";

const RESET = "Reset your password";
/** The delay between two emails, in milliseconds. */
const WAIT = 30_000;

/** Waits until another email can be requested, and requests it. */
async function sendAgain(page: Page) {
  const again = page.getByRole("button", { name: "Send again" });
  await expect(page.getByText(/^You can request another email in \d+ seconds?\.$/)).toBeVisible();
  await expect(again).toHaveAttribute("aria-disabled", "true");
  await again.click({ force: true });
  await page.clock.runFor(WAIT);
  await expect(page.getByText(/^You can request another email/)).toBeHidden();
  await again.click();
  await expect(page.getByRole("status").filter({ hasText: "Requested." })).toBeVisible();
  await expect(again).toHaveAttribute("aria-disabled", "true");
}

test("the form for a forgotten password is replaced by a card that can send the email again", async ({
  page,
  site,
  registered,
}) => {
  await page.clock.install();
  await page.goto("/forgot-password");
  await page.getByLabel("Email").fill(registered.email);
  await page.getByRole("button", { name: "Send link" }).click();
  await expect(page.getByRole("heading", { name: "Check your email" })).toBeFocused();
  await expect(page).toHaveTitle("Check your email · Latchkey");
  await expect(page.getByRole("textbox")).toBeHidden();
  const first = await mailTo(site, registered.email, RESET);
  await sendAgain(page);
  await mailTo(site, registered.email, RESET, first);
  // The click during the delay sent no email.
  expect(await mailsTo(site, registered.email)).toHaveLength(2);

  await page.getByRole("button", { name: "Use a different email" }).click();
  await expect(page.getByRole("heading", { name: "Forgot your password?" })).toBeFocused();
  await expect(page).toHaveTitle("Forgot your password? · Latchkey");
  await expect(page.getByLabel("Email")).toHaveValue(registered.email);
});

test("a typed email is prefilled in the next form and never appears in a URL", async ({ page, registered }) => {
  await page.goto("/signin");
  await page.getByLabel("Email").fill(registered.email);
  await page.getByLabel("Password").fill("not the password");
  for (const [link, title] of [
    ["Forgot your password?", "Forgot your password?"],
    ["Back to sign-in", "Sign in"],
    ["Create an account", "Create an account"],
    ["Sign in", "Sign in"],
  ] as const) {
    await page.getByRole("link", { name: link }).click();
    await expect(page.getByRole("heading", { name: title })).toBeVisible();
    await expect(page).toHaveTitle(`${title} · Latchkey`);
    await expect(page.getByLabel("Email")).toHaveValue(registered.email);
    expect(page.url()).not.toContain("@");
    expect(page.url()).not.toContain("%40");
  }
  expect(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]))).not.toContain(registered.email);
  await expect(page.getByLabel("Password")).toHaveValue("");
  // It is not shown to the next user of this browser.
  await fillInSignIn(page, registered);
  await expect(page.getByText("Nothing to do")).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/signin");
  await expect(page.getByLabel("Email")).toHaveValue("");
});

test.describe("if the email has to be verified", () => {
  test.use({ kind: "email verification" });

  async function follow(page: Page, site: Site, email: string, after?: Awaited<ReturnType<typeof mailTo>>) {
    await page.goto(linkIn(await mailTo(site, email, VERIFY, after)));
  }

  test("the sign-up form is replaced by a card that can send the email again", async ({ page, site }) => {
    await page.clock.install();
    const ada = await fillInSignUp(page);
    await expect(page.getByRole("heading", { name: "Check your email" })).toBeFocused();
    await expect(page).toHaveTitle("Check your email · Latchkey");
    await expect(page.getByRole("textbox")).toBeHidden();
    const first = await mailTo(site, ada.email, VERIFY);
    await sendAgain(page);
    await follow(page, site, ada.email, first);
    await signInVerified(page, ada);
  });

  test("a mistyped email can be corrected without retyping the other fields", async ({ page, site }) => {
    const ada = await fillInSignUp(page);
    await page.getByRole("button", { name: "Use a different email" }).click();
    await expect(page.getByRole("heading", { name: "Create an account" })).toBeFocused();
    await expect(page.getByLabel("Name")).toHaveValue(ada.name);
    await expect(page.getByLabel("Email")).toHaveValue(ada.email);
    const right = { ...ada, email: newPerson().email };
    await page.getByLabel("Email").fill(right.email);
    await page.getByLabel("Password").fill(right.password);
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByRole("main")).toContainText(`open the link in the email to ${right.email}`);
    await follow(page, site, right.email);
    await signInVerified(page, right);
  });

  test("a sign-in with an unverified email can send the link", async ({ page, site, hosting }) => {
    const ada = await fillInSignUp(page);
    const first = await mailTo(site, ada.email, VERIFY);
    await signInUnverified(page, ada);
    await expect(page.getByRole("heading", { name: "Verify your email" })).toBeFocused();
    await expect(page).toHaveTitle("Verify your email · Latchkey");
    if (hosting === "across origins") {
      await inspectPage(page, { name: "sign-in-unverified", open: () => signInUnverified(page, ada) }, hosting);
    }
    await page.getByRole("button", { name: "Send a new link" }).click();
    await expect(page.getByRole("status").filter({ hasText: "Requested." })).toBeVisible();
    const second = await mailTo(site, ada.email, VERIFY, first);

    await page.getByRole("button", { name: "Back to sign-in" }).click();
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeFocused();
    await expect(page.getByLabel("Email")).toHaveValue(ada.email);
    await page.goto(linkIn(second));
    await signInVerified(page, ada);
  });
});
