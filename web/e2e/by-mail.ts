import type { Page } from "@playwright/test";
import { expect, fillInSignIn, somebody, type Person } from "./fixtures";
import { linkIn, mailTo } from "./mailbox";
import type { Site } from "./stack/places";

// The subjects of the mails.
export const VERIFY = "Confirm your e-mail address";
export const AGREE = "Confirm the change of your e-mail address";
export const NEW_ADDRESS = "Confirm your new e-mail address";
export const CHANGED = "Your e-mail address was changed";

/** What the settings say once a change of the email was asked for. */
export const CHANGE_BEGUN =
  "If the address can be used, a link is on its way by email. Stay signed in here until you have opened it.";

/** Signs up where the email has to be verified first. */
export async function fillInSignUp(page: Page, ada = somebody()): Promise<Person> {
  await page.goto("/signup");
  await page.getByLabel("Name").fill(ada.name);
  await page.getByLabel("Email").fill(ada.email);
  await page.getByLabel("Password").fill(ada.password);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: "Check your email" })).toBeVisible();
  await expect(page.getByRole("main")).toContainText(`Open the link in the email to ${ada.email}`);
  return ada;
}

/** Signs in with an email that is not verified yet. */
export async function cannotSignIn(page: Page, ada: Person): Promise<void> {
  await page.goto("/signin");
  await fillInSignIn(page, ada);
  await expect(page.getByRole("heading", { name: "Verify your email" })).toBeVisible();
  await expect(page.getByRole("main")).toContainText(`${ada.email} is not verified yet.`);
}

/** Goes on where a link has led that verified the email of a sign-up: nobody is signed in by it. */
export async function signInVerified(page: Page, ada: Person): Promise<void> {
  await expect(page).toHaveURL("/verify-email?done=1");
  await expect(page.getByRole("heading", { name: "Your email is verified" })).toBeVisible();
  await page.getByRole("link", { name: "Go to your tasks" }).click();
  await expect(page).toHaveURL("/signin");
  await expect(page).toHaveTitle("Sign in · Latchkey");
  await fillInSignIn(page, ada);
  await expect(page).toHaveURL("/dashboard");
  await expect(page).toHaveTitle("Tasks · Latchkey");
  await expect(page.getByRole("banner")).toContainText(ada.email);
}

/** Somebody whose address is verified, signed in. */
export async function verified(page: Page, site: Site): Promise<Person> {
  const ada = await fillInSignUp(page);
  await page.goto(linkIn(await mailTo(site, ada.email, VERIFY)));
  await signInVerified(page, ada);
  return ada;
}

/** Asks for another address in the settings. */
export async function askForChange(page: Page, email: string) {
  await page.goto("/settings");
  const section = page.getByRole("region", { name: "Email" });
  await section.getByRole("textbox", { name: "New address" }).fill(email);
  await section.getByRole("button", { name: "Change address" }).click();
  await expect(section.getByRole("status")).toHaveText(CHANGE_BEGUN);
  return section;
}
