import type { Page } from "@playwright/test";
import { expect, fillInSignIn, newPerson, type Person } from "./fixtures";
import { linkIn, mailTo } from "./mailbox";
import type { Site } from "./stack/environment";

// The subjects of the emails.
export const VERIFY = "Verify your email address";
export const CONFIRM_CHANGE = "Confirm your email address change";
export const VERIFY_NEW = "Verify your new email address";
export const CHANGED = "Your email address was changed";

/** The message after a change of the email was requested. */
export const CHANGE_REQUESTED =
  "If this email is available, you will receive a link to confirm the change. Stay signed in here until you open it.";

/** Signs up with a service that requires a verified email. */
export async function fillInSignUp(page: Page, ada = newPerson()): Promise<Person> {
  await page.goto("/signup");
  await page.getByLabel("Name").fill(ada.name);
  await page.getByLabel("Email").fill(ada.email);
  await page.getByLabel("Password").fill(ada.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: "Check your email" })).toBeVisible();
  await expect(page.getByRole("main")).toContainText(`open the link in the email to ${ada.email}`);
  return ada;
}

/** Tries to sign in with an unverified email. */
export async function signInUnverified(page: Page, ada: Person): Promise<void> {
  await page.goto("/signin");
  await fillInSignIn(page, ada);
  await expect(page.getByRole("heading", { name: "Verify your email" })).toBeVisible();
  await expect(page.getByRole("main")).toContainText(`${ada.email} is not verified yet.`);
}

/** Continues after a link has verified the email of a sign-up: signs in, since the link does not. */
export async function signInVerified(page: Page, ada: Person): Promise<void> {
  await expect(page).toHaveURL("/verify-email?done=1");
  await expect(page.getByRole("heading", { name: "Email verified" })).toBeVisible();
  await page.getByRole("link", { name: "Go to your tasks" }).click();
  await expect(page).toHaveURL("/signin");
  await expect(page).toHaveTitle("Sign in · Latchkey");
  await fillInSignIn(page, ada);
  await expect(page).toHaveURL("/dashboard");
  await expect(page).toHaveTitle("Tasks · Latchkey");
  await expect(page.getByRole("banner")).toContainText(ada.email);
}

/** Signs up a user, verifies the email and signs in. */
export async function signUpVerified(page: Page, site: Site): Promise<Person> {
  const ada = await fillInSignUp(page);
  await page.goto(linkIn(await mailTo(site, ada.email, VERIFY)));
  await signInVerified(page, ada);
  return ada;
}

/** Requests a new email in the settings. */
export async function requestEmailChange(page: Page, email: string) {
  await page.goto("/settings");
  const section = page.getByRole("region", { name: "Email" });
  await section.getByRole("textbox", { name: "New email" }).fill(email);
  await section.getByRole("button", { name: "Change email" }).click();
  await expect(section.getByRole("status")).toHaveText(CHANGE_REQUESTED);
  return section;
}
