import type { APIRequestContext, Page } from "@playwright/test";
import { faultsOf } from "./axe";
import { CHANGE_BEGUN, NEW_ADDRESS } from "./by-mail";
import { expect, fillInSignIn, sessionCookies, somebody, test } from "./fixtures";
import { linkIn, mailsTo, mailTo } from "./mailbox";
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

test("a session that is too old changes the email once the password was entered, and keeps what was typed", async ({
  page,
  context,
  site,
  person,
}) => {
  await stale(context.request, site);
  await page.goto("/settings");
  const form = page.getByRole("region", { name: "Email" });
  const address = form.getByRole("textbox", { name: "New address" });
  const change = form.getByRole("button", { name: "Change address" });
  const dialog = page.getByRole("dialog", { name: "Is it you?" });
  const { email } = somebody();
  await address.fill(email);
  await change.click();
  await expect(dialog).toBeVisible();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog).toBeHidden();
  await expect(form.getByRole("alert")).toHaveText("Nothing was changed. Confirm with your password to continue.");
  await expect(change).toBeFocused();
  await expect(address).toHaveValue(email);
  expect(await mailsTo(site, email)).toEqual([]);

  await address.press("Enter");
  await dialog.getByLabel("Password").fill(person.password);
  await dialog.getByLabel("Password").press("Enter");
  await expect(form.getByRole("status")).toHaveText(CHANGE_BEGUN);
  await expect(dialog).toBeHidden();
  await expect(address).toHaveValue(email);
  // The link belongs to the session of the password, which is the only one now.
  await page.goto(linkIn(await mailTo(site, email, NEW_ADDRESS)));
  await expect(page).toHaveURL("/verify-email?changing=1");
  await expect(page.getByText(`Your email is ${email}.`)).toBeVisible();
});

test("settings asked for with the session gone lead to the sign-in, and back", async ({ page, context, person }) => {
  await page.goto("/settings");
  await page.getByRole("region", { name: "Name" }).getByLabel("Name").fill("Augusta Ada King");
  await expect.poll(async () => (await sessionCookies(context)).length, { timeout: 20_000 }).toBe(0);
  await page.getByRole("button", { name: "Save name" }).click();
  await expect(page).toHaveURL("/signin?expired&next=%2Fsettings");
  await fillInSignIn(page, person);
  await expect(page).toHaveURL("/settings");
});
