import type { APIRequestContext, Page } from "@playwright/test";
import { faultsOf } from "./axe";
import { expect, fillInSignIn, test } from "./fixtures";
import type { Site } from "./stack/places";

test.use({ kind: "short lives" });

/** Waits until the service wants a fresh session for the list of devices. */
async function stale(request: APIRequestContext, site: Site): Promise<void> {
  const ask = async () => (await request.get(`${site.auth}/api/auth/list-sessions`)).status();
  await expect.poll(ask).toBe(403);
}

function devices(page: Page) {
  return page.getByRole("region", { name: "Signed-in devices" });
}

test("where a fresh session is wanted a dialog asks for the password, and goes on", async ({
  page,
  context,
  site,
  person,
}) => {
  await stale(context.request, site);
  await page.goto("/settings");
  await expect(devices(page)).toContainText("You signed in a while ago.");
  const dialog = page.getByRole("dialog", { name: "Is it you?" });
  // It does not come unasked.
  await expect(dialog).toBeHidden();
  const show = devices(page).getByRole("button", { name: "Show devices" });

  await show.click();
  await expect(dialog).toBeVisible();
  await expect(dialog.getByLabel("Email")).toHaveValue(person.email);
  await expect(dialog.getByLabel("Email")).toHaveAttribute("autocomplete", "username");
  const password = dialog.getByLabel("Password");
  await expect(password).toBeFocused();
  expect(await faultsOf(page)).toEqual([]);
  await password.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(show).toBeFocused();

  await show.press("Enter");
  await password.fill("not the password");
  await password.press("Enter");
  await expect(dialog.getByRole("alert")).toHaveText("Invalid credentials");
  await password.fill(person.password);
  await password.press("Enter");
  await expect(dialog).toBeHidden();
  // This device is one device still.
  await expect(devices(page).getByRole("listitem")).toHaveCount(1);
  await expect(devices(page)).toContainText("This device");
});

test("settings asked for with the session gone lead to the sign-in, and back", async ({ page, context, person }) => {
  await page.goto("/settings");
  await page.getByRole("region", { name: "Name" }).getByLabel("Name").fill("Augusta Ada King");
  await expect.poll(async () => (await context.cookies()).length, { timeout: 20_000 }).toBe(0);
  await page.getByRole("button", { name: "Save name" }).click();
  await expect(page).toHaveURL("/signin?expired&next=%2Fsettings");
  await fillInSignIn(page, person);
  await expect(page).toHaveURL("/settings");
});
