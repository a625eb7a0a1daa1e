import type { Page } from "@playwright/test";
import {
  CONFIRM_CHANGE,
  requestEmailChange,
  signInUnverified,
  CHANGED,
  fillInSignUp,
  VERIFY_NEW,
  signInVerified,
  VERIFY,
  signUpVerified,
} from "./by-mail";
import { expect, fillInSignIn, sessionCookies, SIGN_UP_COOKIE, newPerson, test } from "./fixtures";
import { linkIn, mailsTo, mailTo } from "./mailbox";

const RESET = "Reset your password";
const NO_LONGER_VALID = "This link is no longer valid";
const NEW_PASSWORD = "another long password";

async function requestReset(page: Page, email: string) {
  await page.goto("/forgot-password");
  await page.getByLabel("Email").fill(email);
  await page.getByRole("button", { name: "Send link" }).click();
  await expect(page.getByRole("heading", { name: "Check your email" })).toBeVisible();
  await expect(page.getByRole("main")).toContainText(`If an account exists for ${email}, you will receive`);
}

async function setPassword(page: Page, password: string) {
  await page.getByLabel("New password").fill(password);
  await page.getByRole("button", { name: "Set password" }).click();
}

test("a forgotten password is reset with a link: the old password is rejected and every device signed out", async ({
  page,
  site,
  person,
  newDevice,
}) => {
  await page.goto("/dashboard");
  await expect(page.getByText("Nothing to do")).toBeVisible();

  const other = (await newDevice()).page;
  await other.goto("/signin");
  await other.getByRole("link", { name: "Forgot your password?" }).click();
  await expect(other).toHaveURL("/forgot-password");
  await requestReset(other, person.email);
  await other.goto(linkIn(await mailTo(site, person.email, RESET)));
  await expect(other).toHaveURL(/\/reset-password\?token=/);
  await setPassword(other, "1234567");
  await expect(other.getByLabel("New password")).toHaveAccessibleDescription(/Password must be at least 8 characters/);
  await setPassword(other, NEW_PASSWORD);
  await expect(other.getByRole("heading", { name: "Password changed" })).toBeFocused();
  await expect(other).toHaveTitle("Password changed · Latchkey");
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

test("a reset link is valid once, and a forged one never", async ({ page, context, site, registered }) => {
  await requestReset(page, registered.email);
  const link = linkIn(await mailTo(site, registered.email, RESET));
  // Opened twice before it is used, then used in both tabs.
  const second = await context.newPage();
  await Promise.all([page.goto(link), second.goto(link)]);
  // A background tab renders only once a second.
  await page.bringToFront();
  await setPassword(page, NEW_PASSWORD);
  await expect(page.getByRole("heading", { name: "Password changed" })).toBeVisible();
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

test("a request for a link does not reveal whether an account exists", async ({ page, site, registered }) => {
  const unknown = newPerson();
  await requestReset(page, unknown.email);
  const words = async (email: string) =>
    (await page.getByRole("main").innerText()).replace(email, "").replace(/\d+/, "");
  const toUnknown = await words(unknown.email);
  await requestReset(page, registered.email);
  expect(await words(registered.email)).toBe(toUnknown);
  await mailTo(site, registered.email, RESET);
  // Requested earlier, so it would have arrived by now.
  expect(await mailsTo(site, unknown.email)).toEqual([]);
});

test("an email changes when the link sent to the new email is opened, and the old email is notified", async ({
  page,
  site,
  person,
}) => {
  const { email } = newPerson();
  const section = await requestEmailChange(page, email);
  await expect(section).toContainText(`Your email is ${person.email}.`);
  const link = linkIn(await mailTo(site, email, VERIFY_NEW));
  await page.reload();
  await expect(page.getByRole("banner")).toContainText(person.email);

  await page.goto(link);
  await expect(page).toHaveURL("/verify-email?changing=1");
  await expect(page.getByText(`Your email is ${email}.`)).toBeVisible();
  await page.getByRole("link", { name: "Go to your tasks" }).click();
  await expect(page.getByRole("banner")).toContainText(email);
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByRole("region", { name: "Email" })).toContainText(`Your email is ${email}.`);
  const notice = (await mailTo(site, person.email, CHANGED)).text;
  expect(notice).toContain(`changed to ${email.slice(0, 1)}***@`);
  expect(notice).not.toContain(email);
});

test.describe("if the email has to be verified", () => {
  test.use({ kind: "email verification" });

  test("a new user is told to check the email and can sign in after opening the link", async ({
    page,
    context,
    site,
  }) => {
    const ada = await fillInSignUp(page);
    await expect(page).toHaveURL("/signup");
    expect(await sessionCookies(context)).toEqual([]);
    const known = (await context.cookies()).map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite }));
    expect(known).toEqual([{ name: SIGN_UP_COOKIE, httpOnly: true, sameSite: "Lax" }]);

    await signInUnverified(page, ada);
    expect(await sessionCookies(context)).toEqual([]);

    await page.goto(linkIn(await mailTo(site, ada.email, VERIFY)));
    await signInVerified(page, ada);
  });

  test("after a broken link, a new link can be requested and works", async ({ page, site }) => {
    const ada = await fillInSignUp(page);
    const first = await mailTo(site, ada.email, VERIFY);
    const broken = new URL(linkIn(first));
    broken.searchParams.set("token", "made-up");
    await page.goto(broken.href);
    await expect(page).toHaveURL(/\/verify-email\?done=1&error=INVALID_TOKEN/);
    await expect(page.getByRole("heading", { name: NO_LONGER_VALID })).toBeVisible();
    await expect(page.getByRole("heading", { name: "Email verified" })).toBeHidden();

    await page.getByLabel("Email").fill(ada.email);
    await page.getByRole("button", { name: "Send a new link" }).click();
    await expect(page.getByRole("heading", { name: "Check your email" })).toBeFocused();
    await expect(page.getByRole("main")).toContainText(
      `If ${ada.email} is not verified yet, you will receive an email with a link.`,
    );
    await page.goto(linkIn(await mailTo(site, ada.email, VERIFY, first)));
    await signInVerified(page, ada);
  });

  test("an email change is confirmed at the old email first, and is not reported too early", async ({ page, site }) => {
    const ada = await signUpVerified(page, site);
    const { email } = newPerson();
    await requestEmailChange(page, email);
    await page.goto(linkIn(await mailTo(site, ada.email, CONFIRM_CHANGE)));
    await expect(page).toHaveURL("/verify-email?changing=1");
    await expect(page.getByText(`Your email is ${ada.email}.`)).toBeVisible();
    await expect(page.getByText("when you have opened the link sent to your new email")).toBeVisible();
    await page.goto(linkIn(await mailTo(site, email, VERIFY_NEW)));
    await expect(page.getByText(`Your email is ${email}.`)).toBeVisible();
  });

  test("an account is deleted only when the link in the email is opened", async ({ page, site }) => {
    const ada = await signUpVerified(page, site);
    await page.goto("/settings");
    const section = page.getByRole("region", { name: "Delete account" });
    await section.getByRole("textbox", { name: "Confirm with your password" }).fill(ada.password);
    await section.getByRole("button", { name: "Delete account" }).click();
    await expect(section.getByRole("status")).toContainText("Check your email for the link that deletes your account.");
    await page.reload();
    await expect(page.getByRole("banner")).toContainText(ada.email);

    await page.goto(linkIn(await mailTo(site, ada.email, "Delete your account")));
    await expect(page).toHaveURL("/account-deleted");
    await expect(page.getByRole("heading", { name: "Account deleted" })).toBeVisible();
    // Until the page knows that nobody is signed in, the dashboard would report an expired session.
    await expect.poll(() => page.evaluate(() => localStorage.getItem("latchkey.signed-in"))).toBeNull();
    await page.goto("/dashboard");
    await expect(page).toHaveURL("/signin");
    await fillInSignIn(page, ada);
    await expect(page.getByRole("alert").filter({ hasText: "Invalid credentials" })).toBeVisible();
  });
});
