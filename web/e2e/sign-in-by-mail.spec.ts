// Sign-in with the link or the code of an email.
import type { Page } from "@playwright/test";
import { expect, newPerson, test, type Person } from "./fixtures";
import { inspectPage } from "./inspect-page";
import { linkIn, mailsTo, mailTo } from "./mailbox";
import { challenged, codeTo, enterCode, protect, SIGN_IN_CODE, SIGN_IN_LINK } from "./second-factors";
import type { Site } from "./stack/environment";

test.use({ kind: "second factors" });

const LINK = "Email me a sign-in link";
const CODE = "Email me a code";

/** Guesses that the service accepts for one code. */
const GUESSES = 3;

async function choose(page: Page, way: string, { email }: Pick<Person, "email">, path = "/signin"): Promise<void> {
  await page.goto(path);
  await page.getByRole("button", { name: way }).click();
  await expect(page.getByRole("heading", { name: /^Sign in with a / })).toBeFocused();
  await page.getByLabel("Email").fill(email);
  await page.getByRole("button", { name: way === LINK ? "Send link" : "Send code" }).click();
  await expect(page.getByRole("heading", { name: "Check your email" })).toBeVisible();
}

async function requestedLink(page: Page, site: Site, person: Pick<Person, "email">, path?: string): Promise<string> {
  await choose(page, LINK, person, path);
  await expect(page.getByRole("main")).toContainText(`If you can sign in as ${person.email}`);
  return linkIn(await mailTo(site, person.email, SIGN_IN_LINK));
}

function code(page: Page) {
  return page.getByLabel("Code", { exact: true });
}

async function submitCode(page: Page, text: string): Promise<void> {
  await code(page).fill(text);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

async function signedIn(page: Page, { email }: Pick<Person, "email">): Promise<void> {
  await expect(page).toHaveURL("/dashboard");
  await expect(page.getByRole("banner")).toContainText(email);
  await expect(page.getByText("Nothing to do")).toBeVisible();
}

test.describe("a link", () => {
  test("signs in the browser that asked for it, once", async ({ page, site, registered }) => {
    const link = await requestedLink(page, site, registered);
    await expect(page).toHaveTitle("Check your email · Latchkey");
    await page.goto(link);
    await signedIn(page, registered);
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page).toHaveURL("/signin");
    await page.goto(link);
    await expect(page.getByRole("main").getByRole("alert")).toContainText("This sign-in link is no longer valid");
    await expect(page).toHaveURL("/signin");
  });

  test("leads to the page that asked for the sign-in", async ({ page, site, registered }) => {
    await page.goto("/settings");
    await expect(page).toHaveURL("/signin?next=%2Fsettings");
    await page.goto(await requestedLink(page, site, registered, "/signin?next=%2Fsettings"));
    await expect(page).toHaveURL("/settings");
    await expect(page.getByRole("banner")).toContainText(registered.email);
  });

  test("signs in another browser only after a confirmation", async ({ page, site, registered, newDevice }) => {
    const link = await requestedLink(page, site, registered);
    const other = (await newDevice()).page;
    await other.goto(link);
    await expect(other).not.toHaveURL("/dashboard");
    await other.getByRole("button").click();
    await signedIn(other, registered);
    await page.goto("/dashboard");
    await expect(page).toHaveURL("/signin");
  });

  test("creates an account", async ({ page, site }) => {
    const ada = newPerson();
    await page.goto(await requestedLink(page, site, ada));
    await signedIn(page, ada);
  });

  test("asks for the second factor", async ({ page, context, site, person }) => {
    const { app } = await protect(context.request, site, person);
    await context.clearCookies({ name: /session/ });
    await page.goto(await requestedLink(page, site, person, "/signin?next=%2Fsettings"));
    await challenged(page);
    await enterCode(page, await app.code());
    await expect(page).toHaveURL("/settings");
  });

  test("can be requested again, or for another email", async ({ page, site, registered }) => {
    await page.clock.install();
    await requestedLink(page, site, registered);
    await expect(page.getByRole("button", { name: "Send again" })).toHaveAttribute("aria-disabled", "true");
    await page.clock.fastForward(30_000);
    await page.getByRole("button", { name: "Send again" }).click();
    await expect(page.getByRole("status").filter({ hasText: "Requested." })).toBeVisible();
    await expect.poll(async () => (await mailsTo(site, registered.email)).length).toBeGreaterThan(1);
    await page.getByRole("button", { name: "Use a different email" }).click();
    await expect(page.getByRole("heading", { name: "Sign in with a link" })).toBeFocused();
    await expect(page.getByLabel("Email")).toHaveValue(registered.email);
    await page.getByRole("button", { name: "Back to sign-in" }).click();
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeFocused();
    await expect(page.getByLabel("Password")).toBeVisible();
  });
});

test.describe("a code", () => {
  test("signs in", async ({ page, site, registered }) => {
    await choose(page, CODE, registered, "/signin?next=%2Fsettings");
    await expect(code(page)).toBeFocused();
    await expect(code(page)).toHaveAttribute("autocomplete", "one-time-code");
    const text = await codeTo(site, registered.email, SIGN_IN_CODE);
    await submitCode(page, text.replace(/(...)/, "$1 "));
    await expect(page).toHaveURL("/settings");
    await expect(page.getByRole("banner")).toContainText(registered.email);
  });

  test("creates an account", async ({ page, site }) => {
    const ada = newPerson();
    await choose(page, CODE, ada);
    await submitCode(page, await codeTo(site, ada.email, SIGN_IN_CODE));
    await signedIn(page, ada);
  });

  test("can be guessed a few times only", async ({ page, site, registered }) => {
    await choose(page, CODE, registered);
    const text = await codeTo(site, registered.email, SIGN_IN_CODE);
    await submitCode(page, "");
    await expect(code(page)).toHaveAccessibleDescription(/Enter the code$/);
    const wrong = text === "000000" ? "000001" : "000000";
    for (let guess = 0; guess < GUESSES; guess += 1) {
      const refused = page.waitForResponse("**/sign-in/email-otp");
      await submitCode(page, wrong);
      await refused;
      await expect(code(page)).toHaveAccessibleDescription(/Incorrect code\./);
      await expect(code(page)).toBeFocused();
    }
    await submitCode(page, text);
    await expect(code(page)).toHaveAccessibleDescription(/Too many incorrect codes\. Request a new one\.$/);
  });

  test("asks for the second factor", async ({ page, context, site, person, hosting }) => {
    test.skip(hosting !== "across origins", "the same request in both setups");
    const { app } = await protect(context.request, site, person);
    await context.clearCookies({ name: /session/ });
    await choose(page, CODE, person, "/signin?next=%2Fsettings");
    await submitCode(page, await codeTo(site, person.email, SIGN_IN_CODE));
    await challenged(page);
    await enterCode(page, await app.code());
    await expect(page).toHaveURL("/settings");
  });

  test("by keyboard only", async ({ page, site, registered }) => {
    await page.goto("/signin");
    await page.getByRole("button", { name: CODE }).press("Enter");
    await expect(page.getByRole("heading", { name: "Sign in with a code" })).toBeFocused();
    await page.keyboard.press("Tab");
    await page.keyboard.type(registered.email);
    await page.keyboard.press("Enter");
    await expect(code(page)).toBeFocused();
    await page.keyboard.type(await codeTo(site, registered.email, SIGN_IN_CODE));
    await page.keyboard.press("Enter");
    await signedIn(page, registered);
  });
});

test("an application's sign-in offers no code, because the service could not validate its URL", async ({ page }) => {
  await page.goto("/signin?callbackURL=https%3A%2F%2Fapplication.example%2F");
  await expect(page.getByRole("button", { name: LINK })).toBeVisible();
  await expect(page.getByRole("button", { name: CODE })).toBeHidden();
});

test("a user without a password can set one", async ({ page, site }) => {
  const ada = newPerson();
  await page.goto(await requestedLink(page, site, ada));
  await signedIn(page, ada);
  await page.getByRole("link", { name: "Settings" }).click();
  const methods = page.getByRole("region", { name: "Sign-in methods" });
  await expect(methods.getByRole("listitem")).toHaveText([/Password *Not set/]);
  await expect(methods.getByRole("button", { name: "Set a password" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Password", exact: true })).toBeHidden();
});

test("the cards are accessible in light and dark, from phone to desktop", async ({ page, registered, hosting }) => {
  test.skip(hosting !== "across origins", "the pages look the same in both setups");
  test.slow();
  const at = (name: string, then: (opened: Page) => Promise<void>) => ({
    name,
    open: async (opened: Page) => {
      await opened.goto("/signin");
      await then(opened);
    },
  });
  const ways = (opened: Page) => expect(opened.getByRole("button", { name: CODE })).toBeVisible();
  await inspectPage(page, at("sign-in-by-mail", ways), hosting);
  const link = async (opened: Page) => {
    await opened.getByRole("button", { name: LINK }).click();
    await expect(opened.getByRole("heading", { name: "Sign in with a link" })).toBeFocused();
  };
  await inspectPage(page, at("sign-in-link", link), hosting);
  await inspectPage(
    page,
    at("sign-in-link-sent", (opened) => choose(opened, LINK, registered)),
    hosting,
  );
  const sent = async (opened: Page) => {
    await choose(opened, CODE, registered);
    await submitCode(opened, "000000");
    await expect(opened.getByText("Incorrect code.")).toBeVisible();
  };
  await inspectPage(page, at("sign-in-code", sent), hosting);
  const broken = async (opened: Page) => {
    await opened.goto("/signin?error=INVALID_TOKEN");
    await expect(opened.getByRole("main").getByRole("alert")).toBeVisible();
  };
  await inspectPage(page, at("sign-in-link-broken", broken), hosting);
});
