import type { Locator, Page } from "@playwright/test";
import { expect, sessionCookies, somebody, test } from "./fixtures";
import { linkIn, mailTo } from "./mailbox";

const EASY_TO_GUESS = /This password is easy to guess/;
const GOOD = "another long password";

/** Sends a form with weak passwords: each is refused beside the field, which keeps it and has the focus. */
async function refusesWeakOnes(field: Locator, action: Locator, email: string) {
  const tooCommon = "qwertyuiop";
  for (const weak of [tooCommon, email]) {
    await field.fill(weak);
    await action.click();
    await expect(field).toHaveAccessibleDescription(EASY_TO_GUESS);
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await expect(field).toBeFocused();
    await expect(field).toHaveValue(weak);
  }
  await field.fill(GOOD);
  await action.click();
}

const button = (page: Page, name: string) => page.getByRole("button", { name });

test("a sign-up refuses weak passwords at the field", async ({ page, context }) => {
  const ada = somebody();
  await page.goto("/signup");
  await page.getByLabel("Name").fill(ada.name);
  await page.getByLabel("Email").fill(ada.email);
  await refusesWeakOnes(page.getByLabel("Password"), button(page, "Create account"), ada.email);
  await expect(page).toHaveURL("/dashboard");
  expect(await sessionCookies(context)).toHaveLength(1);
});

test("the settings refuse weak passwords at the field", async ({ page, person }) => {
  await page.goto("/settings");
  const form = page.getByRole("region", { name: "Password" });
  await form.getByRole("textbox", { name: "Current password" }).fill(person.password);
  const field = form.getByRole("textbox", { name: "New password" });
  await refusesWeakOnes(field, button(page, "Change password"), person.email);
  await expect(form.getByRole("status")).toHaveText("Your password is changed.");
});

test("a reset refuses weak passwords at the field, and its link stays valid", async ({ page, site, registered }) => {
  await page.goto("/forgot-password");
  await page.getByLabel("Email").fill(registered.email);
  await button(page, "Send a link").click();
  await page.goto(linkIn(await mailTo(site, registered.email, "Choose a new password")));
  await refusesWeakOnes(page.getByLabel("New password"), button(page, "Set password"), registered.email);
  await expect(page.getByRole("heading", { name: "Your password is changed" })).toBeVisible();
});
