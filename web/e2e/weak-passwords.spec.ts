import type { Locator, Page } from "@playwright/test";
import { expect, sessionCookies, newPerson, test } from "./fixtures";
import { linkIn, mailTo } from "./mailbox";

const WEAK_PASSWORD = /This password is easy to guess/;
const STRONG = "another long password";

/** Submits weak passwords: each is rejected at the field, which keeps its value and the focus. */
async function rejectsWeakPasswords(field: Locator, action: Locator, email: string) {
  const tooCommon = "qwertyuiop";
  for (const weak of [tooCommon, email]) {
    await field.fill(weak);
    await action.click();
    await expect(field).toHaveAccessibleDescription(WEAK_PASSWORD);
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await expect(field).toBeFocused();
    await expect(field).toHaveValue(weak);
  }
  await field.fill(STRONG);
  await action.click();
}

const button = (page: Page, name: string) => page.getByRole("button", { name });

test("a sign-up rejects weak passwords at the field", async ({ page, context }) => {
  const ada = newPerson();
  await page.goto("/signup");
  await page.getByLabel("Name").fill(ada.name);
  await page.getByLabel("Email").fill(ada.email);
  await rejectsWeakPasswords(page.getByLabel("Password"), button(page, "Create account"), ada.email);
  await expect(page).toHaveURL("/dashboard");
  expect(await sessionCookies(context)).toHaveLength(1);
});

test("the settings reject weak passwords at the field", async ({ page, person }) => {
  await page.goto("/settings");
  const form = page.getByRole("region", { name: "Password" });
  await form.getByRole("textbox", { name: "Current password" }).fill(person.password);
  const field = form.getByRole("textbox", { name: "New password" });
  await rejectsWeakPasswords(field, button(page, "Change password"), person.email);
  await expect(form.getByRole("status")).toHaveText("Password changed.");
});

test("a reset rejects weak passwords at the field, and its link stays valid", async ({ page, site, registered }) => {
  await page.goto("/forgot-password");
  await page.getByLabel("Email").fill(registered.email);
  await button(page, "Send link").click();
  await page.goto(linkIn(await mailTo(site, registered.email, "Reset your password")));
  await rejectsWeakPasswords(page.getByLabel("New password"), button(page, "Set password"), registered.email);
  await expect(page.getByRole("heading", { name: "Password changed" })).toBeVisible();
});
