import type { Page } from "@playwright/test";
import {
  AGREE,
  askForChange,
  cannotSignIn,
  CHANGED,
  fillInSignUp,
  NEW_ADDRESS,
  signInVerified,
  VERIFY,
  verified,
} from "./by-mail";
import { expect, fillInSignIn, sessionCookies, SIGN_UP_COOKIE, somebody, test } from "./fixtures";
import { linkIn, mailsTo, mailTo } from "./mailbox";

const RESET = "Choose a new password";
const NO_LONGER_VALID = "This link is no longer valid";
const NEW_PASSWORD = "another long password";

async function askForReset(page: Page, email: string) {
  await page.goto("/forgot-password");
  await page.getByLabel("Email").fill(email);
  await page.getByRole("button", { name: "Send a link" }).click();
  await expect(page.getByRole("heading", { name: "Check your email" })).toBeVisible();
  await expect(page.getByRole("main")).toContainText(`If there is an account with ${email}, a link`);
}

async function setPassword(page: Page, password: string) {
  await page.getByLabel("New password").fill(password);
  await page.getByRole("button", { name: "Set password" }).click();
}

test("a forgotten password is replaced by a mail's link: the old one is refused, every device signed out", async ({
  page,
  site,
  person,
  newDevice,
}) => {
  await page.goto("/dashboard");
  await expect(page.getByText("Nothing to do")).toBeVisible();

  const other = (await newDevice()).page;
  await other.goto("/signin");
  await other.getByRole("link", { name: "Forgotten your password?" }).click();
  await expect(other).toHaveURL("/forgot-password");
  await askForReset(other, person.email);
  await other.goto(linkIn(await mailTo(site, person.email, RESET)));
  await expect(other).toHaveURL(/\/reset-password\?token=/);
  await setPassword(other, "1234567");
  await expect(other.getByLabel("New password")).toHaveAccessibleDescription(/Password must be at least 8 characters/);
  await setPassword(other, NEW_PASSWORD);
  await expect(other.getByRole("heading", { name: "Your password is changed" })).toBeFocused();
  await expect(other).toHaveTitle("Your password is changed · Latchkey");
  await expect(other.getByLabel("New password")).toBeHidden();
  await mailTo(site, person.email, "Your password was changed");

  await other.getByRole("link", { name: "Sign in" }).click();
  await fillInSignIn(other, person);
  await expect(other.getByRole("alert").filter({ hasText: "Invalid credentials" })).toBeVisible();
  await fillInSignIn(other, { ...person, password: NEW_PASSWORD });
  await expect(other).toHaveURL("/dashboard");

  await page.reload();
  await expect(page).toHaveURL(/\/signin\?expired/);
  await expect(page.getByText("Session expired.")).toBeVisible();
});

test("a link for a new password is good once, and a made-up one never", async ({ page, context, site, registered }) => {
  await askForReset(page, registered.email);
  const link = linkIn(await mailTo(site, registered.email, RESET));
  // Followed twice before it is used, and used in both places.
  const second = await context.newPage();
  await Promise.all([page.goto(link), second.goto(link)]);
  // A tab that lies behind another draws once in a second.
  await page.bringToFront();
  await setPassword(page, NEW_PASSWORD);
  await expect(page.getByRole("heading", { name: "Your password is changed" })).toBeVisible();
  await second.bringToFront();
  await setPassword(second, "a third long password");
  await expect(second.getByRole("heading", { name: NO_LONGER_VALID })).toBeFocused();

  await page.bringToFront();
  await page.goto(link);
  await expect(page).toHaveURL(/\/reset-password\?error=INVALID_TOKEN/);
  await expect(page.getByRole("heading", { name: NO_LONGER_VALID })).toBeVisible();
  await page.getByRole("link", { name: "Request a new link" }).click();
  await expect(page).toHaveURL("/forgot-password");

  await page.goto("/reset-password?token=made-up");
  await setPassword(page, NEW_PASSWORD);
  await expect(page.getByRole("heading", { name: NO_LONGER_VALID })).toBeVisible();
});

test("who asks for a link is not told whether there is an account", async ({ page, site, registered }) => {
  const unknown = somebody();
  await askForReset(page, unknown.email);
  const words = async (email: string) =>
    (await page.getByRole("main").innerText()).replace(email, "").replace(/\d+/, "");
  const toUnknown = await words(unknown.email);
  await askForReset(page, registered.email);
  expect(await words(registered.email)).toBe(toUnknown);
  await mailTo(site, registered.email, RESET);
  // Asked for earlier, so it would be here by now.
  expect(await mailsTo(site, unknown.email)).toEqual([]);
});

test("an address changes when the link in the mail to the new one is followed, and the old one is told", async ({
  page,
  site,
  person,
}) => {
  const { email } = somebody();
  const section = await askForChange(page, email);
  await expect(section).toContainText(`Your address is ${person.email}.`);
  const link = linkIn(await mailTo(site, email, NEW_ADDRESS));
  await page.reload();
  await expect(page.getByRole("banner")).toContainText(person.email);

  await page.goto(link);
  await expect(page).toHaveURL("/verify-email?changing=1");
  await expect(page.getByText(`Your email is ${email}.`)).toBeVisible();
  await page.getByRole("link", { name: "Go to your tasks" }).click();
  await expect(page.getByRole("banner")).toContainText(email);
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByRole("region", { name: "Email" })).toContainText(`Your address is ${email}.`);
  expect((await mailTo(site, person.email, CHANGED)).text).toContain(email);
});

test.describe("where an account has to be agreed to by mail", () => {
  test.use({ kind: "agreed by mail" });

  test("a new account is told to look into the mail, and signs in once the link there was followed", async ({
    page,
    context,
    site,
  }) => {
    const ada = await fillInSignUp(page);
    await expect(page).toHaveURL("/signup");
    expect(await sessionCookies(context)).toEqual([]);
    const known = (await context.cookies()).map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite }));
    expect(known).toEqual([{ name: SIGN_UP_COOKIE, httpOnly: true, sameSite: "Lax" }]);

    await cannotSignIn(page, ada);
    expect(await sessionCookies(context)).toEqual([]);

    await page.goto(linkIn(await mailTo(site, ada.email, VERIFY)));
    await signInVerified(page, ada);
  });

  test("who follows a broken link can ask for another, and that one works", async ({ page, site }) => {
    const ada = await fillInSignUp(page);
    const first = await mailTo(site, ada.email, VERIFY);
    const broken = new URL(linkIn(first));
    broken.searchParams.set("token", "made-up");
    await page.goto(broken.href);
    await expect(page).toHaveURL(/\/verify-email\?done=1&error=INVALID_TOKEN/);
    await expect(page.getByRole("heading", { name: NO_LONGER_VALID })).toBeVisible();
    await expect(page.getByRole("heading", { name: "Your email is verified" })).toBeHidden();

    await page.getByLabel("Email").fill(ada.email);
    await page.getByRole("button", { name: "Send a new link" }).click();
    await expect(page.getByRole("heading", { name: "Check your email" })).toBeFocused();
    await expect(page.getByRole("main")).toContainText(
      `If ${ada.email} is not verified yet, a link is on its way to it.`,
    );
    await page.goto(linkIn(await mailTo(site, ada.email, VERIFY, first)));
    await signInVerified(page, ada);
  });

  test("a change of address is agreed to at the old one first, and nothing is claimed too early", async ({
    page,
    site,
  }) => {
    const ada = await verified(page, site);
    const { email } = somebody();
    await askForChange(page, email);
    await page.goto(linkIn(await mailTo(site, ada.email, AGREE)));
    await expect(page).toHaveURL("/verify-email?changing=1");
    await expect(page.getByText(`Your email is ${ada.email}.`)).toBeVisible();
    await expect(page.getByText("once you have opened the link that was sent to your new address")).toBeVisible();
    await page.goto(linkIn(await mailTo(site, email, NEW_ADDRESS)));
    await expect(page.getByText(`Your email is ${email}.`)).toBeVisible();
  });

  test("an account lives until the link in the mail is followed, and is gone then", async ({ page, site }) => {
    const ada = await verified(page, site);
    await page.goto("/settings");
    const section = page.getByRole("region", { name: "Delete the account" });
    await section.getByRole("textbox", { name: "Password, to confirm" }).fill(ada.password);
    await section.getByRole("button", { name: "Delete account" }).click();
    await expect(section.getByRole("status")).toContainText("Check your email for the link that deletes your account.");
    await page.reload();
    await expect(page.getByRole("banner")).toContainText(ada.email);

    await page.goto(linkIn(await mailTo(site, ada.email, "Delete your account")));
    await expect(page).toHaveURL("/account-deleted");
    await expect(page.getByRole("heading", { name: "Your account is deleted" })).toBeVisible();
    // Until the page has found that nobody is signed in, the dashboard would call the session expired.
    await expect.poll(() => page.evaluate(() => localStorage.getItem("latchkey.signed-in"))).toBeNull();
    await page.goto("/dashboard");
    await expect(page).toHaveURL("/signin");
    await fillInSignIn(page, ada);
    await expect(page.getByRole("alert").filter({ hasText: "Invalid credentials" })).toBeVisible();
  });
});
