import type { Page } from "@playwright/test";
import { expect, fillInSignIn, test } from "./fixtures";

/** The URL that password managers open to change a password. */
const WELL_KNOWN = "/.well-known/change-password";

async function isAtPasswordSection(page: Page) {
  await expect(page).toHaveURL("/settings#password");
  const field = page.getByRole("region", { name: "Password" }).getByLabel("Current password");
  await expect(field).toBeFocused();
  await expect(field).toBeInViewport({ ratio: 1 });
}

test.use({ viewport: { width: 375, height: 500 } });

test("a password manager's link leads to the password section", async ({ page, person }) => {
  await page.goto(WELL_KNOWN);
  await isAtPasswordSection(page);
  await expect(page.getByText(person.name).first()).toBeVisible();
});

test("a password manager's link leads there through sign-in", async ({ page, registered }) => {
  await page.goto(WELL_KNOWN);
  await expect(page).toHaveURL("/signin?next=%2Fsettings%23password");
  await fillInSignIn(page, registered);
  await isAtPasswordSection(page);
});

test("an unknown path below /.well-known is not found", async ({ request, site }) => {
  const probe = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
  expect((await request.get(`${site.origin}${probe}`)).status()).toBe(404);
});
