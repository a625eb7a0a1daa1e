// Services that require a second factor: its set-up replaces every other page.
import type { Page } from "@playwright/test";
import { expect, fillInSignIn, newPerson, test, type Person } from "./fixtures";
import { inspectPage } from "./inspect-page";
import { Authenticator, challenged, enterCode } from "./second-factors";

test.use({ kind: "second factor required" });

const TITLE = "Set up two-factor authentication";

async function required(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { name: TITLE })).toBeVisible();
  await expect(page).toHaveTitle(`${TITLE} · Latchkey`);
  await expect(page.getByRole("navigation")).toBeHidden();
}

/** Sets up an authenticator app on the page that requires it. */
async function setUp(page: Page, { password }: Person): Promise<Authenticator> {
  await page.getByLabel("Confirm with your password").fill(password);
  await page.getByRole("button", { name: "Continue" }).click();
  const uri = (await page.getByRole("link", { name: /authenticator app/ }).getAttribute("href")) ?? "";
  const app = new Authenticator(uri);
  await page.getByLabel("Code", { exact: true }).fill(await app.code());
  await page.getByRole("button", { name: "Turn on" }).click();
  return app;
}

test("a new user sets up a second factor before anything else", async ({ page }) => {
  const ada = newPerson();
  await page.goto("/signup");
  await page.getByLabel("Name", { exact: true }).fill(ada.name);
  await page.getByLabel("Email").fill(ada.email);
  await page.getByLabel("Password").fill(ada.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await required(page);
  for (const path of ["/settings", "/dashboard"]) {
    await page.goto(path);
    await required(page);
  }
  await expect(page).toHaveURL("/dashboard");
  const app = await setUp(page, ada);
  await expect(page.getByText("Nothing to do")).toBeVisible();
  await expect(page.getByRole("banner")).toContainText(ada.email);

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/signin");
  await fillInSignIn(page, ada);
  await challenged(page);
  await enterCode(page, await app.code());
  await expect(page.getByText("Nothing to do")).toBeVisible();
});

test("a user can sign out instead", async ({ page, person }) => {
  await page.goto("/settings");
  await required(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/signin");
  await fillInSignIn(page, person);
  await required(page);
});

test("the pages that were opened before show the set-up too", async ({ page, person }) => {
  // Until the service is asked for a token, it looks as if nothing were required.
  await page.route("**/api/auth/capabilities", async (route) => {
    const response = await route.fetch();
    const capabilities = (await response.json()) as { twoFactor: object };
    const twoFactor = { ...capabilities.twoFactor, required: false };
    await route.fulfill({ response, json: { ...capabilities, twoFactor } });
  });
  await page.goto("/dashboard");
  await required(page);
  await setUp(page, person);
  await expect(page.getByText("Nothing to do")).toBeVisible();
});

test("the page is accessible in light and dark, from phone to desktop", async ({ page, person, hosting }) => {
  test.skip(hosting !== "across origins", "the page looks the same in both setups");
  test.slow();
  const open = async (opened: Page) => {
    await opened.goto("/dashboard");
    await required(opened);
  };
  await inspectPage(page, { name: "enrolment", open }, hosting);
  const steps = async (opened: Page) => {
    await open(opened);
    await opened.getByLabel("Confirm with your password").fill(person.password);
    await opened.getByRole("button", { name: "Continue" }).click();
    await expect(opened.getByRole("img")).toBeVisible();
  };
  await inspectPage(page, { name: "enrolment-steps", open: steps }, hosting);
});
