// Links in emails that are opened in a browser without the account's session: auth-service's own page asks for proof.
import type { Page, Response } from "@playwright/test";
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
import { expect, fillInSignIn, sessionCookies, newPerson, test, type Person } from "./fixtures";
import { inspectPage } from "./inspect-page";
import { linkIn, mailsTo, mailTo } from "./mailbox";
import type { Site } from "./stack/environment";

const WRONG = "Wrong password. Please try again.";

/** Opens a link and returns the page. */
async function opened(page: Page, link: string): Promise<Page> {
  await page.goto(link);
  return page;
}

/** Returns the password field of auth-service's page. */
async function passwordField(page: Page) {
  await expect(page.getByRole("heading", { name: "Confirm your email address" })).toBeVisible();
  const password = page.getByLabel("Password");
  await expect(password).toBeFocused();
  return password;
}

/** Enters a wrong password, then the correct one. */
async function enterPassword(page: Page, { password }: Person): Promise<void> {
  const field = await passwordField(page);
  await field.fill("not the password");
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByRole("alert")).toHaveText(WRONG);
  await expect(await passwordField(page)).toHaveValue("");
  await expect(page.getByLabel("Password")).toHaveAccessibleDescription(WRONG);
  await page.getByLabel("Password").fill(password);
  await page.getByLabel("Password").press("Enter");
}

/** Returns the security headers of the page. */
function headersOf(response: Response | null): Record<string, string | undefined> {
  const {
    "content-security-policy": csp,
    "referrer-policy": referrer,
    "cache-control": cache,
  } = response?.headers() ?? {};
  return { csp: csp?.replace(/'sha256-[^']+'/, "HASH"), referrer, cache };
}

test("auth-service's page loads and runs nothing, and its form may only lead back to the service and the original page", async ({
  newDevice,
  site,
  person,
  page,
}) => {
  const { email } = newPerson();
  await requestEmailChange(page, email);
  const other = (await newDevice()).page;
  const response = await other.goto(linkIn(await mailTo(site, email, VERIFY_NEW)));
  await passwordField(other);
  expect(headersOf(response)).toEqual({
    csp: `default-src 'none'; style-src HASH; form-action 'self' ${site.origin}; frame-ancestors 'none'; base-uri 'none'`,
    referrer: "same-origin",
    cache: "no-store",
  });
  // The page has a style and no script.
  await expect(other.getByRole("main")).toHaveCSS("border-top-width", "1px");
  await expect(other.locator("script")).toHaveCount(0);

  await enterPassword(other, person);
  await expect(other).toHaveURL("/verify-email?changing=1");
  await expect(other.getByText("The change is complete when")).toBeVisible();
  // The browser that requested the change is still signed in.
  await page.reload();
  await expect(page.getByRole("banner")).toContainText(email);
});

test("a link for another account changes nothing and explains why", async ({
  page,
  person,
  site,
  newDevice,
  registered,
}) => {
  const { email } = newPerson();
  await requestEmailChange(page, email);
  const bob = (await newDevice(registered)).page;
  await bob.goto(linkIn(await mailTo(site, email, VERIFY_NEW)));
  await expect(bob).toHaveURL("/verify-email?changing=1&error=INVALID_USER");
  await expect(bob.getByRole("heading", { name: "This link is for another account" })).toBeVisible();
  await expect(bob.getByText(`You are signed in as ${registered.email}.`)).toBeVisible();
  await expect(bob).toHaveTitle("This link is for another account · Latchkey");
  await bob.getByRole("button", { name: "Sign out" }).click();
  await expect(bob.getByRole("heading", { name: "You are signed out" })).toBeFocused();
  await expect(bob).toHaveTitle("You are signed out · Latchkey");
  expect(await sessionCookies(bob.context())).toEqual([]);
  await page.reload();
  await expect(page.getByRole("banner")).toContainText(person.email);
});

test("an email change is cancelled with the session that requested it", async ({ page, person, site }) => {
  const { email } = newPerson();
  await requestEmailChange(page, email);
  const link = linkIn(await mailTo(site, email, VERIFY_NEW));
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/signin");
  await fillInSignIn(page, person);
  await expect(page).toHaveURL("/dashboard");
  await page.goto(link);
  await expect(page).toHaveURL("/verify-email?changing=1&error=INVALID_TOKEN");
  await expect(page.getByRole("heading", { name: "This link is no longer valid" })).toBeVisible();
  await expect(page.getByText("Your email was not changed.")).toBeVisible();
  await page.getByRole("link", { name: "Go to your settings" }).click();
  await expect(page.getByRole("region", { name: "Email" })).toContainText(`Your email is ${person.email}.`);
});

test("verifying the email signs out every other device, but not the one that opened the link", async ({
  page,
  site,
  person,
  newDevice,
}) => {
  const other = (await newDevice(person)).page;
  await other.goto("/dashboard");
  await expect(other.getByText("Nothing to do")).toBeVisible();
  await page.goto("/verify-email");
  await page.getByLabel("Email").fill(person.email);
  await page.getByRole("button", { name: "Send a new link" }).click();
  const link = linkIn(await mailTo(site, person.email, VERIFY));
  // A browser that is neither signed in to the account nor the one that signed up.
  await passwordField(await opened((await newDevice()).page, link));
  await other.reload();
  await expect(other.getByRole("banner")).toContainText(person.email);

  await page.goto(link);
  await expect(page.getByRole("heading", { name: "Email verified" })).toBeVisible();
  await page.getByRole("link", { name: "Go to your tasks" }).click();
  await expect(page.getByRole("banner")).toContainText(person.email);
  await other.reload();
  await expect(other).toHaveURL(/\/signin\?expired/);
});

test.describe("if the email has to be verified", () => {
  test.use({ kind: "email verification" });

  async function verificationLink(site: Site, { email }: Person): Promise<string> {
    return linkIn(await mailTo(site, email, VERIFY));
  }

  test("a sign-up in one browser can be completed in another with its password only", async ({
    page,
    site,
    newDevice,
  }) => {
    const ada = await fillInSignUp(page);
    const link = await verificationLink(site, ada);
    const other = (await newDevice()).page;
    await other.goto(link);
    await passwordField(other);
    await signInUnverified(page, ada);
    await enterPassword(other, ada);
    await signInVerified(other, ada);
    // In the first browser the link has nothing left to do.
    await page.goto(link);
    await signInVerified(page, ada);
  });

  test("a mail scanner that opens the link changes nothing, and the recipient completes the sign-up without a password", async ({
    page,
    site,
    request,
    newDevice,
  }) => {
    const ada = await fillInSignUp(page);
    const link = await verificationLink(site, ada);
    const scanned = await request.get(link);
    expect(scanned.status()).toBe(403);
    expect(await scanned.json()).toMatchObject({ code: "CONFIRMATION_REQUIRED" });
    await passwordField(await opened((await newDevice()).page, link));
    await signInUnverified(page, ada);
    await page.goto(link);
    await signInVerified(page, ada);
  });

  test("a stranger's sign-up with the same email never becomes the account of the email's owner", async ({
    page,
    site,
    newDevice,
  }) => {
    const stranger = (await newDevice()).page;
    const mallory = await fillInSignUp(stranger);
    const planted = await mailTo(site, mallory.email, VERIFY);
    const ada = { ...mallory, name: "Ada", password: "a password of her own" };
    await fillInSignUp(page, ada);
    const own = linkIn(await mailTo(site, ada.email, VERIFY, planted));
    // Neither her browser nor her password belongs to that sign-up.
    await page.goto(linkIn(planted));
    await (await passwordField(page)).fill(ada.password);
    await page.getByRole("button", { name: "Confirm" }).click();
    await expect(page.getByRole("alert")).toHaveText(WRONG);
    await page.goto(own);
    await signInVerified(page, ada);
    await stranger.goto("/signin");
    await fillInSignIn(stranger, mallory);
    await expect(stranger.getByRole("alert").filter({ hasText: "Invalid credentials" })).toBeVisible();
  });

  test("without a session, an email change is confirmed with a button and the new email with the password", async ({
    page,
    site,
    newDevice,
  }) => {
    const ada = await signUpVerified(page, site);
    const { email } = newPerson();
    await requestEmailChange(page, email);
    const other = (await newDevice()).page;
    await other.goto(linkIn(await mailTo(site, ada.email, CONFIRM_CHANGE)));
    await expect(other.getByRole("heading", { name: "Change your email address?" })).toBeVisible();
    await other.getByRole("button", { name: "Confirm change" }).click();
    await expect(other).toHaveURL("/verify-email?changing=1");
    await expect(other.getByText("The change is complete when")).toBeVisible();
    const link = linkIn(await mailTo(site, email, VERIFY_NEW));
    // Opening the first link sent no email.
    expect(await mailsTo(site, email)).toHaveLength(1);
    await page.reload();
    await expect(page.getByRole("banner")).toContainText(ada.email);

    await other.goto(link);
    await enterPassword(other, ada);
    await expect(other).toHaveURL("/verify-email?changing=1");
    await mailTo(site, ada.email, CHANGED);
    await other.goto("/signin");
    await fillInSignIn(other, { ...ada, email });
    await expect(other.getByRole("banner")).toContainText(email);
    await page.reload();
    await expect(page.getByRole("banner")).toContainText(email);
  });

  test("the service's own page is accessible in light and dark, from phone to desktop", async ({
    page,
    site,
    hosting,
    newDevice,
  }) => {
    test.skip(hosting !== "across origins", "the page looks the same in both setups");
    test.slow();
    const ada = await signUpVerified(page, site);
    const { email } = newPerson();
    await requestEmailChange(page, email);
    const agree = linkIn(await mailTo(site, ada.email, CONFIRM_CHANGE));
    const bob = await fillInSignUp((await newDevice()).page);
    const verify = await verificationLink(site, bob);
    const other = (await newDevice()).page;
    const scenes = [
      { name: "service-button", open: async () => void (await other.goto(agree)) },
      { name: "service-password", open: async () => void (await passwordField(await opened(other, verify))) },
      {
        name: "service-password-wrong",
        open: async () => {
          await other.getByLabel("Password").fill("not the password");
          await other.getByRole("button", { name: "Confirm" }).click();
          await expect(other.getByRole("alert")).toHaveText(WRONG);
        },
      },
      { name: "service-error", open: async () => void (await other.goto(`${site.auth}/api/auth/error?error=TOKEN`)) },
    ];
    for (const scene of scenes) {
      await inspectPage(other, scene, hosting);
    }
  });
});
