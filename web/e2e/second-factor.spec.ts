// Sign-ins that are challenged: the page that asks for the second factor.
import type { BrowserContext, Page } from "@playwright/test";
import { expect, fillInSignIn, post, sessionCookies, test, type Person } from "./fixtures";
import { inspectPage } from "./inspect-page";
import { mailsTo } from "./mailbox";
import { challenged, codeTo, enterCode, FACTOR_CODE, protect, protectByMail } from "./second-factors";

test.use({ kind: "second factors" });

/** Guesses that the service accepts for one sign-in. */
const GUESSES = 5;

function code(page: Page) {
  return page.getByLabel("Code", { exact: true });
}

/** Signs out on the page and starts a sign-in that is challenged. */
async function signInAgain(page: Page, context: BrowserContext, person: Person, path = "/signin"): Promise<void> {
  await context.clearCookies({ name: /session/ });
  await page.goto(path);
  await fillInSignIn(page, person);
  await challenged(page);
}

async function signedIn(page: Page, { email }: Person): Promise<void> {
  await expect(page).toHaveURL("/dashboard");
  await expect(page.getByRole("banner")).toContainText(email);
  await expect(page.getByText("Nothing to do")).toBeVisible();
}

test("a sign-in asks for the code of the authenticator app", async ({ page, context, site, person }) => {
  const { app } = await protect(context.request, site, person);
  await signInAgain(page, context, person);
  await expect(page).toHaveTitle("Two-factor authentication · Latchkey");
  await expect(code(page)).toBeFocused();
  await expect(code(page)).toHaveAttribute("autocomplete", "one-time-code");
  await expect(code(page)).toHaveAttribute("inputmode", "numeric");
  await expect(code(page)).toHaveAccessibleDescription("6 digits from your authenticator app");

  await page.getByRole("button", { name: "Verify" }).click();
  await expect(code(page)).toHaveAccessibleDescription(/Enter the code$/);
  await enterCode(page, "000000");
  await expect(code(page)).toHaveAccessibleDescription(/Incorrect code\./);
  await expect(code(page)).toBeFocused();
  await expect(code(page)).toHaveAttribute("aria-invalid", "true");

  // Apps show codes in groups.
  const grouped = (await app.code()).replace(/(...)/, "$1 ");
  await enterCode(page, ` ${grouped} `);
  await signedIn(page, person);
  await page.goBack();
  await expect(page).not.toHaveURL(/two-factor/);
});

test("typing the last digit does not submit the code", async ({ page, context, site, person }) => {
  await protect(context.request, site, person);
  await signInAgain(page, context, person);
  let requests = 0;
  page.on("request", (request) => (requests += request.url().includes("/two-factor/verify-") ? 1 : 0));
  await code(page).pressSequentially("123456");
  await page.getByLabel("Trust this device for 30 days").check();
  expect(requests).toBe(0);
  await expect(code(page)).toHaveValue("123456");
});

test("the sign-in leads to the page that asked for it, even after a reload", async ({
  page,
  context,
  site,
  person,
}) => {
  const { app } = await protect(context.request, site, person);
  await signInAgain(page, context, person, "/settings");
  await page.reload();
  await challenged(page);
  await enterCode(page, await app.code());
  await expect(page).toHaveURL("/settings");
  await expect(page.getByRole("banner")).toContainText(person.email);
});

test("a code by email is sent on request", async ({ page, context, site, person }) => {
  await protect(context.request, site, person);
  await signInAgain(page, context, person);
  await page.clock.install();
  await page.getByRole("button", { name: "Get a code by email" }).click();
  await expect(code(page)).toBeHidden();
  expect((await mailsTo(site, person.email)).filter(({ subject }) => subject === FACTOR_CODE)).toEqual([]);
  await page.getByRole("button", { name: "Send code" }).click();
  await expect(code(page)).toBeFocused();
  await expect(code(page)).toHaveAccessibleDescription("6 digits from the email we sent you");
  await expect(page.getByRole("button", { name: "Send again" })).toHaveAttribute("aria-disabled", "true");
  await expect(page.getByText("You can request another email in 30 seconds.")).toBeVisible();
  const first = await codeTo(site, person.email, FACTOR_CODE);

  await page.clock.fastForward(30_000);
  await page.getByRole("button", { name: "Send again" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Requested." })).toBeVisible();
  await expect
    .poll(async () => (await mailsTo(site, person.email)).filter(({ subject }) => subject === FACTOR_CODE).length)
    .toBe(2);
  const newest = (await mailsTo(site, person.email)).at(-1);
  expect(newest?.text).not.toContain(first);
  await enterCode(page, /\b\d{6}\b/.exec(newest?.text ?? "")?.[0] ?? "");
  await signedIn(page, person);
});

test("a user without an authenticator app gets the code by email", async ({ page, context, site, person }) => {
  await protectByMail(context.request, site, person);
  await signInAgain(page, context, person);
  await expect(page.getByRole("button", { name: "Use your authenticator app" })).toBeHidden();
  await page.getByRole("button", { name: "Send code" }).click();
  await expect(code(page)).toBeFocused();
  await enterCode(page, await codeTo(site, person.email, FACTOR_CODE));
  await signedIn(page, person);
});

test("a backup code works once", async ({ page, context, site, person }) => {
  const { backupCodes, app } = await protect(context.request, site, person);
  const [first = ""] = backupCodes;
  await signInAgain(page, context, person);
  await page.getByRole("button", { name: "Use a backup code" }).click();
  const field = page.getByLabel("Backup code", { exact: true });
  await expect(field).toBeFocused();
  await enterCode(page, first);
  await signedIn(page, person);

  await signInAgain(page, context, person);
  await page.getByRole("button", { name: "Use a backup code" }).click();
  await enterCode(page, first);
  await expect(field).toHaveAccessibleDescription(/Incorrect backup code\. Each code works once\.$/);
  await page.getByRole("button", { name: "Use your authenticator app" }).click();
  await expect(code(page)).toHaveValue("");
  await enterCode(page, await app.code());
  await signedIn(page, person);
});

test("a trusted device signs in without a code", async ({ page, context, site, person, newDevice }) => {
  const { app } = await protect(context.request, site, person);
  await signInAgain(page, context, person);
  await page.getByLabel("Trust this device for 30 days").check();
  await enterCode(page, await app.code());
  await signedIn(page, person);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/signin");
  await fillInSignIn(page, person);
  await signedIn(page, person);

  const other = (await newDevice()).page;
  await other.goto("/signin");
  await fillInSignIn(other, person);
  await challenged(other);
});

test("a sign-in that has expired can be started again", async ({ page, context, site, person }) => {
  const { app } = await protect(context.request, site, person);
  await signInAgain(page, context, person, "/settings");
  await context.clearCookies({ name: /two_factor/ });
  await enterCode(page, await app.code());
  await expect(page.getByRole("heading", { name: "This sign-in has expired" })).toBeFocused();
  await expect(page).toHaveTitle("This sign-in has expired · Latchkey");
  await page.getByRole("link", { name: "Sign in again" }).click();
  await expect(page).toHaveURL("/signin?next=%2Fsettings");
  await fillInSignIn(page, person);
  await challenged(page);
});

test("too many incorrect codes cancel the sign-in", async ({ page, context, site, person }) => {
  await protect(context.request, site, person);
  await signInAgain(page, context, person);
  for (let guess = 0; guess < GUESSES; guess += 1) {
    const refused = page.waitForResponse("**/two-factor/verify-totp");
    await enterCode(page, "000000");
    expect((await refused).status()).toBe(401);
  }
  await enterCode(page, "000000");
  await expect(page.getByRole("heading", { name: "Too many incorrect codes" })).toBeFocused();
  await page.getByRole("link", { name: "Sign in again" }).click();
  await expect(page).toHaveURL("/signin");
  expect(await sessionCookies(context)).toEqual([]);
});

test("the user can go back to the sign-in page", async ({ page, context, site, person }) => {
  await protect(context.request, site, person);
  await signInAgain(page, context, person);
  await page.getByRole("link", { name: "Back to sign-in" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(page).toHaveURL("/signin");
});

test("a sign-in that the service redirected leads to its destination", async ({ page, context, site, person }) => {
  const { app } = await protect(context.request, site, person);
  await context.clearCookies({ name: /session/ });
  const { email, password } = person;
  await post(context.request, site, "sign-in/email", { email, password });
  const query = new URLSearchParams({ methods: "totp,otp", callbackURL: `${site.origin}/settings#password` });
  await page.goto(`/two-factor?${query}`);
  await challenged(page);
  await enterCode(page, await app.code());
  await expect(page).toHaveURL("/settings#password");
  await expect(page.getByRole("banner")).toContainText(email);
});

test("the sign-in leads to the application that sent the browser here", async ({ page, context, site, person }) => {
  const { app } = await protect(context.request, site, person);
  // The page's router is not used, so this stands in for another application.
  const application = `${site.origin}/verify-email?done=1`;
  await signInAgain(page, context, person, `/signin?callbackURL=${encodeURIComponent(application)}`);
  // Phones reload a page after a visit to another app.
  await page.reload();
  await challenged(page);
  await enterCode(page, await app.code());
  await expect(page).toHaveURL(application);
});

test("the page opens no other origin's URL", async ({ page, person }) => {
  for (const url of ["https://evil.example/", "//evil.example/", "\\\\evil.example", "javascript:alert(1)", "/api/x"]) {
    await page.goto(`/two-factor?methods=totp&callbackURL=${encodeURIComponent(url)}`);
    await expect(page).toHaveURL("/dashboard");
  }
  await page.goto("/two-factor?methods=totp&callbackURL=%2Fsettings%23password");
  await expect(page).toHaveURL("/settings#password");
  await expect(page.getByRole("banner")).toContainText(person.email);
});

test("by keyboard only: sign in with a backup code", async ({ page, context, site, person }) => {
  const { backupCodes } = await protect(context.request, site, person);
  await signInAgain(page, context, person);
  await expect(code(page)).toBeFocused();
  // The checkbox, the button, then the other methods.
  for (const name of ["Trust this device for 30 days", "Verify", "Get a code by email", "Use a backup code"]) {
    await page.keyboard.press("Tab");
    await expect(page.getByRole(name.startsWith("Trust") ? "checkbox" : "button", { name })).toBeFocused();
  }
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Backup code", { exact: true })).toBeFocused();
  await page.keyboard.type(backupCodes[0] ?? "");
  await page.keyboard.press("Enter");
  await signedIn(page, person);
});

test("the page is accessible in light and dark, from phone to desktop", async ({
  page,
  context,
  site,
  person,
  hosting,
}) => {
  test.skip(hosting !== "across origins", "the page looks the same in both setups");
  test.slow();
  await protect(context.request, site, person);
  await signInAgain(page, context, person);
  const scene = (name: string, button: string | undefined, then: (opened: Page) => Promise<void>) => ({
    name,
    open: async (opened: Page) => {
      await opened.reload();
      if (button) {
        await opened.getByRole("button", { name: button }).click();
      }
      await then(opened);
    },
  });
  const focused = async (opened: Page) => expect(opened.getByLabel(/^(Code|Backup code)$/)).toBeFocused();
  await inspectPage(page, scene("second-factor", undefined, focused), hosting);
  await inspectPage(page, scene("second-factor-backup-code", "Use a backup code", focused), hosting);
  const refused = async (opened: Page) => {
    await enterCode(opened, "000000");
    await expect(opened.getByText("Incorrect code.")).toBeVisible();
  };
  await inspectPage(page, scene("second-factor-refused", undefined, refused), hosting);
  const sent = async (opened: Page) => {
    await opened.getByRole("button", { name: "Send code" }).click();
    await focused(opened);
  };
  await inspectPage(page, scene("second-factor-mail", "Get a code by email", sent), hosting);
  const lost = async (opened: Page) => {
    await context.clearCookies({ name: /two_factor/ });
    await enterCode(opened, "000000");
    await expect(opened.getByRole("heading", { name: "This sign-in has expired" })).toBeFocused();
  };
  await inspectPage(page, scene("second-factor-expired", undefined, lost), hosting);
});
