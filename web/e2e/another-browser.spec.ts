// Links of mails where nothing shows whose browser it is: they open auth-service's own page, which asks.
import type { Page, Response } from "@playwright/test";
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
import { expect, fillInSignIn, sessionCookies, somebody, test, type Person } from "./fixtures";
import { look } from "./look";
import { linkIn, mailsTo, mailTo } from "./mailbox";
import type { Site } from "./stack/places";

const WRONG = "Wrong password. Please try again.";

/** The page, once it has opened a link. */
async function opened(page: Page, link: string): Promise<Page> {
  await page.goto(link);
  return page;
}

/** The page that asks for the password. */
async function askedForPassword(page: Page) {
  await expect(page.getByRole("heading", { name: "Confirm your email address" })).toBeVisible();
  const password = page.getByLabel("Password");
  await expect(password).toBeFocused();
  return password;
}

/** Gives the page a wrong password, and then the right one. */
async function givePassword(page: Page, { password }: Person): Promise<void> {
  const field = await askedForPassword(page);
  await field.fill("not the password");
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByRole("alert")).toHaveText(WRONG);
  await expect(await askedForPassword(page)).toHaveValue("");
  await expect(page.getByLabel("Password")).toHaveAccessibleDescription(WRONG);
  await page.getByLabel("Password").fill(password);
  await page.getByLabel("Password").press("Enter");
}

/** What the service says to a browser about its page, as it arrives there. */
function rulesOf(response: Response | null): Record<string, string | undefined> {
  const {
    "content-security-policy": csp,
    "referrer-policy": referrer,
    "cache-control": cache,
  } = response?.headers() ?? {};
  return { csp: csp?.replace(/'sha256-[^']+'/, "HASH"), referrer, cache };
}

test("its page may load and run nothing, and send its form only here and on to the page it came from", async ({
  newDevice,
  site,
  person,
  page,
}) => {
  const { email } = somebody();
  await askForChange(page, email);
  const other = (await newDevice()).page;
  const response = await other.goto(linkIn(await mailTo(site, email, NEW_ADDRESS)));
  await askedForPassword(other);
  expect(rulesOf(response)).toEqual({
    csp: `default-src 'none'; style-src HASH; form-action 'self' ${site.origin}; frame-ancestors 'none'; base-uri 'none'`,
    referrer: "same-origin",
    cache: "no-store",
  });
  // It has its style, and no script.
  await expect(other.getByRole("main")).toHaveCSS("border-top-width", "1px");
  await expect(other.locator("script")).toHaveCount(0);

  await givePassword(other, person);
  await expect(other).toHaveURL("/verify-email?changing=1");
  await expect(other.getByText("The change is complete once")).toBeVisible();
  // Where it was asked for, one is as signed in as before.
  await page.reload();
  await expect(page.getByRole("banner")).toContainText(email);
});

test("a link of another account changes nothing, and says whose it is not", async ({
  page,
  person,
  site,
  newDevice,
  registered,
}) => {
  const { email } = somebody();
  await askForChange(page, email);
  const bob = (await newDevice(registered)).page;
  await bob.goto(linkIn(await mailTo(site, email, NEW_ADDRESS)));
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

test("a change of the email ends with the session that asked for it", async ({ page, person, site }) => {
  const { email } = somebody();
  await askForChange(page, email);
  const link = linkIn(await mailTo(site, email, NEW_ADDRESS));
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/signin");
  await fillInSignIn(page, person);
  await expect(page).toHaveURL("/dashboard");
  await page.goto(link);
  await expect(page).toHaveURL("/verify-email?changing=1&error=INVALID_TOKEN");
  await expect(page.getByRole("heading", { name: "This link is no longer valid" })).toBeVisible();
  await expect(page.getByText("Your email was not changed.")).toBeVisible();
  await page.getByRole("link", { name: "Change it in your settings" }).click();
  await expect(page.getByRole("region", { name: "Email" })).toContainText(`Your address is ${person.email}.`);
});

test("verifying the email signs out every device that proved nothing, and not the one that opened the link", async ({
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
  // A browser that is neither signed in to the account nor the one of its sign-up.
  await askedForPassword(await opened((await newDevice()).page, link));
  await other.reload();
  await expect(other.getByRole("banner")).toContainText(person.email);

  await page.goto(link);
  await expect(page.getByRole("heading", { name: "Your email is verified" })).toBeVisible();
  await page.getByRole("link", { name: "Go to your tasks" }).click();
  await expect(page.getByRole("banner")).toContainText(person.email);
  await other.reload();
  await expect(other).toHaveURL(/\/signin\?expired/);
});

test.describe("where an account has to be agreed to by mail", () => {
  test.use({ kind: "agreed by mail" });

  async function verificationLink(site: Site, { email }: Person): Promise<string> {
    return linkIn(await mailTo(site, email, VERIFY));
  }

  test("a sign-up in one browser is completed in another with its password, and with no other", async ({
    page,
    site,
    newDevice,
  }) => {
    const ada = await fillInSignUp(page);
    const link = await verificationLink(site, ada);
    const other = (await newDevice()).page;
    await other.goto(link);
    await askedForPassword(other);
    await cannotSignIn(page, ada);
    await givePassword(other, ada);
    await signInVerified(other, ada);
    // Where it began, the link has nothing left to do.
    await page.goto(link);
    await signInVerified(page, ada);
  });

  test("a mail scanner that opens the link changes nothing, and its reader completes the sign-up without a password", async ({
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
    await askedForPassword(await opened((await newDevice()).page, link));
    await cannotSignIn(page, ada);
    await page.goto(link);
    await signInVerified(page, ada);
  });

  test("a stranger's sign-up with the same email never becomes the account of who reads the mail", async ({
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
    // Her browser is not the one of that sign-up, and her password not that of it.
    await page.goto(linkIn(planted));
    await (await askedForPassword(page)).fill(ada.password);
    await page.getByRole("button", { name: "Confirm" }).click();
    await expect(page.getByRole("alert")).toHaveText(WRONG);
    await page.goto(own);
    await signInVerified(page, ada);
    await stranger.goto("/signin");
    await fillInSignIn(stranger, mallory);
    await expect(stranger.getByRole("alert").filter({ hasText: "Invalid credentials" })).toBeVisible();
  });

  test("a change is agreed to with a button where nobody is signed in, and the new address with the password", async ({
    page,
    site,
    newDevice,
  }) => {
    const ada = await verified(page, site);
    const { email } = somebody();
    await askForChange(page, email);
    const other = (await newDevice()).page;
    await other.goto(linkIn(await mailTo(site, ada.email, AGREE)));
    await expect(other.getByRole("heading", { name: "Change your email address?" })).toBeVisible();
    await other.getByRole("button", { name: "Confirm the change" }).click();
    await expect(other).toHaveURL("/verify-email?changing=1");
    await expect(other.getByText("The change is complete once")).toBeVisible();
    const link = linkIn(await mailTo(site, email, NEW_ADDRESS));
    // Opening the first link sent none.
    expect(await mailsTo(site, email)).toHaveLength(1);
    await page.reload();
    await expect(page.getByRole("banner")).toContainText(ada.email);

    await other.goto(link);
    await givePassword(other, ada);
    await expect(other).toHaveURL("/verify-email?changing=1");
    await mailTo(site, ada.email, CHANGED);
    await other.goto("/signin");
    await fillInSignIn(other, { ...ada, email });
    await expect(other.getByRole("banner")).toContainText(email);
    await page.reload();
    await expect(page.getByRole("banner")).toContainText(email);
  });

  test("the service's own page can be read and used by everybody, light and dark, from phone to desk", async ({
    page,
    site,
    way,
    newDevice,
  }) => {
    test.skip(way !== "across origins", "the page looks the same, however it is served");
    test.slow();
    const ada = await verified(page, site);
    const { email } = somebody();
    await askForChange(page, email);
    const agree = linkIn(await mailTo(site, ada.email, AGREE));
    const bob = await fillInSignUp((await newDevice()).page);
    const verify = await verificationLink(site, bob);
    const other = (await newDevice()).page;
    const scenes = [
      { name: "service-button", open: async () => void (await other.goto(agree)) },
      { name: "service-password", open: async () => void (await askedForPassword(await opened(other, verify))) },
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
      await look(other, scene, way);
    }
  });
});
