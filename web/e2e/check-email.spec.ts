// What replaces a form that had a mail sent.
import type { Page } from "@playwright/test";
import { cannotSignIn, fillInSignUp, signInVerified, VERIFY } from "./by-mail";
import { expect, fillInSignIn, somebody, test } from "./fixtures";
import { look } from "./look";
import { linkIn, mailsTo, mailTo } from "./mailbox";
import type { Site } from "./stack/places";

const RESET = "Choose a new password";
/** Between two mails, in milliseconds. */
const WAIT = 30_000;

/** Waits until another mail can be requested, and requests it. */
async function sendAgain(page: Page) {
  const again = page.getByRole("button", { name: "Send again" });
  await expect(page.getByText(/^You can request another one in \d+ seconds?\.$/)).toBeVisible();
  await expect(again).toHaveAttribute("aria-disabled", "true");
  await again.click({ force: true });
  await page.clock.runFor(WAIT);
  await expect(page.getByText(/^You can request another one/)).toBeHidden();
  await again.click();
  await expect(page.getByRole("status").filter({ hasText: "Requested." })).toBeVisible();
  await expect(again).toHaveAttribute("aria-disabled", "true");
}

test("a forgotten password: the form gives way to the email, which can be sent again", async ({
  page,
  site,
  registered,
}) => {
  await page.clock.install();
  await page.goto("/forgot-password");
  await page.getByLabel("Email").fill(registered.email);
  await page.getByRole("button", { name: "Send a link" }).click();
  await expect(page.getByRole("heading", { name: "Check your email" })).toBeFocused();
  await expect(page).toHaveTitle("Check your email · Latchkey");
  await expect(page.getByRole("textbox")).toBeHidden();
  const first = await mailTo(site, registered.email, RESET);
  await sendAgain(page);
  await mailTo(site, registered.email, RESET, first);
  // The click while it waited sent none.
  expect(await mailsTo(site, registered.email)).toHaveLength(2);

  await page.getByRole("button", { name: "Use another email" }).click();
  await expect(page.getByRole("heading", { name: "Forgotten your password?" })).toBeFocused();
  await expect(page).toHaveTitle("Forgotten your password? · Latchkey");
  await expect(page.getByLabel("Email")).toHaveValue(registered.email);
});

test("an email that was typed goes along to the next form, and into no address", async ({ page, registered }) => {
  await page.goto("/signin");
  await page.getByLabel("Email").fill(registered.email);
  await page.getByLabel("Password").fill("not the password");
  for (const [link, title] of [
    ["Forgotten your password?", "Forgotten your password?"],
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
  // The next person at this browser does not find it.
  await fillInSignIn(page, registered);
  await expect(page.getByText("Nothing to do")).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/signin");
  await expect(page.getByLabel("Email")).toHaveValue("");
});

test.describe("where an account has to be agreed to by mail", () => {
  test.use({ kind: "agreed by mail" });

  async function follow(page: Page, site: Site, email: string, after?: Awaited<ReturnType<typeof mailTo>>) {
    await page.goto(linkIn(await mailTo(site, email, VERIFY, after)));
  }

  test("a sign-up gives way to the email, which can be sent again", async ({ page, site }) => {
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

  test("a mistyped email is corrected without typing the rest again", async ({ page, site }) => {
    const ada = await fillInSignUp(page);
    await page.getByRole("button", { name: "Use another email" }).click();
    await expect(page.getByRole("heading", { name: "Create an account" })).toBeFocused();
    await expect(page.getByLabel("Name")).toHaveValue(ada.name);
    await expect(page.getByLabel("Email")).toHaveValue(ada.email);
    const right = { ...ada, email: somebody().email };
    await page.getByLabel("Email").fill(right.email);
    await page.getByLabel("Password").fill(right.password);
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByRole("main")).toContainText(`Open the link in the email to ${right.email}`);
    await follow(page, site, right.email);
    await signInVerified(page, right);
  });

  test("a sign-in with an email that is not verified sends its link", async ({ page, site, way }) => {
    const ada = await fillInSignUp(page);
    const first = await mailTo(site, ada.email, VERIFY);
    await cannotSignIn(page, ada);
    await expect(page.getByRole("heading", { name: "Verify your email" })).toBeFocused();
    await expect(page).toHaveTitle("Verify your email · Latchkey");
    if (way === "across origins") {
      await look(page, { name: "sign-in-unverified", open: () => cannotSignIn(page, ada) }, way);
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
