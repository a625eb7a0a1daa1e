import type { APIRequestContext, Page } from "@playwright/test";
import { violationsOf } from "./axe";
import { CHANGE_REQUESTED, VERIFY_NEW } from "./by-mail";
import { expect, fillInSignIn, sessionCookies, newPerson, test } from "./fixtures";
import { linkIn, mailsTo, mailTo } from "./mailbox";
import type { Site } from "./stack/environment";

test.use({ kind: "short-lived" });

/** Waits until the session is too old to list devices. */
async function stale(request: APIRequestContext, site: Site): Promise<void> {
  const ask = async () => (await request.get(`${site.auth}/api/auth/list-sessions`)).status();
  await expect.poll(ask).toBe(403);
}

function devices(page: Page) {
  return page.getByRole("region", { name: "Signed-in devices" });
}

test("if a fresh session is required, a dialog asks for the password and continues", async ({
  page,
  context,
  site,
  person,
}) => {
  await stale(context.request, site);
  await page.goto("/settings");
  await expect(devices(page)).toContainText("You signed in a while ago.");
  const dialog = page.getByRole("dialog", { name: "Confirm your password" });
  // It does not open by itself.
  await expect(dialog).toBeHidden();
  const show = devices(page).getByRole("button", { name: "Show devices" });

  await show.click();
  await expect(dialog).toBeVisible();
  await expect(dialog.getByLabel("Email")).toHaveValue(person.email);
  await expect(dialog.getByLabel("Email")).toHaveAttribute("autocomplete", "username");
  const password = dialog.getByLabel("Password");
  await expect(password).toBeFocused();
  expect(await violationsOf(page)).toEqual([]);
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
  // This device is listed once.
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
  const address = form.getByRole("textbox", { name: "New email" });
  const change = form.getByRole("button", { name: "Change email" });
  const dialog = page.getByRole("dialog", { name: "Confirm your password" });
  const { email } = newPerson();
  await address.fill(email);
  await change.click();
  await expect(dialog).toBeVisible();
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog).toBeHidden();
  await expect(form.getByRole("alert")).toHaveText("Nothing was changed. Confirm your identity to continue.");
  await expect(change).toBeFocused();
  await expect(address).toHaveValue(email);
  expect(await mailsTo(site, email)).toEqual([]);

  await address.press("Enter");
  await dialog.getByLabel("Password").fill(person.password);
  await dialog.getByLabel("Password").press("Enter");
  await expect(form.getByRole("status")).toHaveText(CHANGE_REQUESTED);
  await expect(dialog).toBeHidden();
  await expect(address).toHaveValue(email);
  // The link belongs to the new session, which is the only one now.
  await page.goto(linkIn(await mailTo(site, email, VERIFY_NEW)));
  await expect(page).toHaveURL("/verify-email?changing=1");
  await expect(page.getByText(`Your email is ${email}.`)).toBeVisible();
});

test("saving settings with an expired session leads to sign-in and back", async ({ page, context, person }) => {
  await page.goto("/settings");
  await page.getByRole("region", { name: "Name" }).getByLabel("Name").fill("Augusta Ada King");
  await expect.poll(async () => (await sessionCookies(context)).length, { timeout: 20_000 }).toBe(0);
  await page.getByRole("button", { name: "Save name" }).click();
  await expect(page).toHaveURL("/signin?expired&next=%2Fsettings");
  await fillInSignIn(page, person);
  await expect(page).toHaveURL("/settings");
});
