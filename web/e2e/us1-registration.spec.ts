import type { Page } from "@playwright/test";
import { expect, fillInSignIn, sessionCookies, newPerson, test, type Person } from "./fixtures";

async function fillIn(page: Page, { name, email, password }: Person) {
  await page.goto("/signup");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
}

test("US1.1 SC-001 a valid e-mail and password make an account and a session, and lead to the dashboard", async ({
  page,
  context,
  site,
}) => {
  const ada = newPerson();
  const loads: string[] = [];
  page.on("request", (request) => request.isNavigationRequest() && loads.push(request.url()));
  await fillIn(page, ada);
  await page.getByRole("button", { name: "Create account" }).click();

  await expect(page).toHaveURL("/dashboard");
  await expect(page.getByRole("banner")).toContainText(ada.name);
  await expect(page.getByRole("banner")).toContainText(ada.email);
  expect(loads).toEqual([`${site.origin}/signup`]);
  const session = (await context.cookies(site.auth)).find(({ name }) => name === "better-auth.session_token");
  expect(session).toMatchObject({ httpOnly: true, sameSite: "Lax" });
});

test("US1.2 a taken e-mail gets “Email already registered” and no second account", async ({
  page,
  context,
  site,
  registered,
}) => {
  await fillIn(page, { ...registered, name: "Somebody else", password: "another long password" });
  await page.getByRole("button", { name: "Create account" }).click();

  const email = page.getByLabel("Email");
  await expect(email).toHaveAccessibleDescription("Email already registered");
  await expect(email).toBeFocused();
  await expect(page).toHaveURL("/signup");
  expect(await context.cookies(site.auth)).toEqual([]);
  // The input is kept.
  await expect(page.getByLabel("Name")).toHaveValue("Somebody else");
  await expect(page.getByLabel("Password")).toHaveValue("another long password");

  await page.goto("/signin");
  await fillInSignIn(page, { ...registered, password: "another long password" });
  await expect(page.getByRole("alert").filter({ hasText: "Invalid credentials" })).toBeVisible();
});

test("US1.3 a short password is told the rule", async ({ page, context, site }) => {
  await fillIn(page, { ...newPerson(), password: "1234567" });
  await page.getByRole("button", { name: "Create account" }).click();

  const password = page.getByLabel("Password");
  await expect(password).toHaveAccessibleDescription(/Password must be at least 8 characters/);
  await expect(password).toBeFocused();
  expect(await context.cookies(site.auth)).toEqual([]);
});

test("US1.4 a bad e-mail gets “Invalid email format”", async ({ page, context, site }) => {
  await fillIn(page, newPerson());
  const email = page.getByLabel("Email");
  for (const bad of ["ada", "ada@", "ada@example", "ada example@example.com", `${"a".repeat(250)}@example.com`]) {
    await email.fill(bad);
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(email).toHaveAccessibleDescription("Invalid email format");
    await expect(email).toHaveAttribute("aria-invalid", "true");
    await expect(email).toBeFocused();
    await expect(email).toHaveValue(bad);
  }
  expect(await context.cookies(site.auth)).toEqual([]);
});

test("a second click does not sign up twice, and a slow network is reported", async ({ page, context }) => {
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  let requests = 0;
  await page.route("**/api/auth/sign-up/email", async (route) => {
    requests += route.request().method() === "POST" ? 1 : 0;
    await held;
    await route.continue();
  });
  await fillIn(page, newPerson());
  await page.getByRole("button", { name: "Create account" }).click();
  const button = page.getByRole("button", { name: "One moment…" });
  await button.click({ force: true });
  await page.getByLabel("Password").press("Enter");
  // Like password managers, which bypass the button.
  await page.locator("form").evaluate((form: HTMLFormElement) => form.requestSubmit());
  await expect(page.getByText("Still waiting for a response. Your connection may be slow.")).toBeVisible();
  answer();
  await expect(page).toHaveURL("/dashboard");
  expect(requests).toBe(1);
  expect(await sessionCookies(context)).toHaveLength(1);
});

test("FR-024 FR-025 password managers and screen readers find what they look for", async ({ page }) => {
  await page.goto("/signup");
  await expect(page.getByLabel("Name")).toHaveAttribute("autocomplete", "name");
  await expect(page.getByLabel("Email")).toHaveAttribute("autocomplete", "username");
  await expect(page.getByLabel("Password")).toHaveAttribute("autocomplete", "new-password");
  await expect(page.getByLabel("Password")).toHaveAccessibleDescription("At least 8 characters");
  await page.goto("/signin");
  await expect(page.getByLabel("Email")).toHaveAttribute("autocomplete", "username");
  await expect(page.getByLabel("Email")).toHaveAttribute("type", "email");
  await expect(page.getByLabel("Password")).toHaveAttribute("autocomplete", "current-password");
});
