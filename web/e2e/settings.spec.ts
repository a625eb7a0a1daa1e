import type { Page } from "@playwright/test";
import { expect, fillInSignIn, sessionCookies, test } from "./fixtures";

const NEW_PASSWORD = "another long password";
const EXPIRED = "Session expired. Sign in to continue where you left off.";

/** Returns a section of the settings by its heading. */
function section(page: Page, name: string) {
  return page.getByRole("region", { name });
}

test("a new name appears in the bar immediately and persists", async ({ page, person }) => {
  await page.goto("/settings");
  const name = section(page, "Name").getByRole("textbox", { name: "Name" });
  await expect(name).toHaveValue(person.name);
  await name.fill("   ");
  await section(page, "Name").getByRole("button", { name: "Save name" }).click();
  await expect(name).toHaveAccessibleDescription("Enter a name of at most 100 characters");
  await expect(name).toBeFocused();

  await name.fill("Augusta King");
  await page.keyboard.press("Enter");
  await expect(section(page, "Name").getByRole("status")).toHaveText("Name updated.");
  await expect(page.getByRole("banner")).toContainText("Augusta King");
  await page.reload();
  await expect(page.getByRole("banner")).toContainText("Augusta King");
  await expect(name).toHaveValue("Augusta King");
});

test("a new password takes the present one, and signs the other devices out", async ({ page, person, newDevice }) => {
  const other = await newDevice(person);
  await other.page.goto("/dashboard");
  await expect(other.page.getByText("Nothing to do")).toBeVisible();

  await page.goto("/settings");
  const form = section(page, "Password");
  const current = form.getByRole("textbox", { name: "Current password" });
  const next = form.getByRole("textbox", { name: "New password" });
  await current.fill("not the password");
  await next.fill(NEW_PASSWORD);
  await form.getByRole("button", { name: "Change password" }).click();
  await expect(current).toHaveAccessibleDescription("Incorrect password");
  await expect(current).toBeFocused();
  await expect(next).toHaveValue(NEW_PASSWORD);

  await current.fill(person.password);
  await form.getByRole("button", { name: "Change password" }).click();
  await expect(form.getByRole("status")).toHaveText("Password changed.");
  await expect(current).toHaveValue("");
  await expect(next).toHaveValue("");
  // This device stays signed in, as the only one.
  await expect(section(page, "Signed-in devices").getByRole("listitem")).toHaveCount(1);
  await expect(section(page, "Signed-in devices")).toContainText("This device");

  await other.page.reload();
  await expect(other.page).toHaveURL(/\/signin\?expired/);
  await expect(other.page.getByText(EXPIRED)).toBeVisible();
  await fillInSignIn(other.page, person);
  await expect(other.page.getByRole("alert").filter({ hasText: "Invalid credentials" })).toBeVisible();
  await fillInSignIn(other.page, { ...person, password: NEW_PASSWORD });
  await expect(other.page).toHaveURL("/dashboard");
});

test("sign-ins and changes of the password are listed, newest first", async ({ person, newDevice }) => {
  const other = await newDevice(person);
  await other.page.goto("/settings");
  const form = section(other.page, "Password");
  await form.getByRole("textbox", { name: "Current password" }).fill(person.password);
  await form.getByRole("textbox", { name: "New password" }).fill(NEW_PASSWORD);
  await form.getByRole("button", { name: "Change password" }).click();
  await expect(form.getByRole("status")).toHaveText("Password changed.");

  await other.page.reload();
  const activity = section(other.page, "Recent activity");
  const events = activity.getByRole("listitem");
  await expect(events).toHaveCount(3);
  await activity.getByRole("button", { name: "Show more" }).click();
  await expect(events.filter({ hasText: "Password changed" })).toHaveCount(1);
  await expect(events.filter({ hasText: "Signed in with Chrome on Linux" })).toHaveCount(3);
  await expect(events.last()).toContainText(/Account created|Signed in/);
  await expect(events.first()).toContainText(/127\.0\.0\.1|::1/);
});

test("the lists of devices and activity arrive without moving the section below them", async ({
  person,
  newDevice,
}) => {
  const { page } = await newDevice(person);
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\/(list-sessions|security-events)/, async (route) => {
    await released;
    await route.continue();
  });
  await page.goto("/settings");
  await expect(section(page, "Recent activity")).toContainText("Loading…");
  const below = section(page, "Delete account");
  const before = await below.boundingBox();
  release();
  await expect(section(page, "Signed-in devices").getByRole("listitem")).toHaveCount(2);
  await expect(section(page, "Recent activity").getByRole("listitem").first()).toBeVisible();
  const after = await below.boundingBox();
  expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0))).toBeLessThanOrEqual(8);
});

test("devices are listed, and one that is signed out here is redirected to sign-in", async ({
  page,
  person,
  newDevice,
}) => {
  const other = await newDevice(person);
  await other.page.goto("/settings");
  await expect(section(other.page, "Signed-in devices").getByRole("listitem")).toHaveCount(2);

  await page.goto("/settings");
  const devices = section(page, "Signed-in devices").getByRole("listitem");
  await expect(devices).toHaveCount(2);
  await expect(devices.filter({ hasText: "This device" })).toHaveCount(1);
  await expect(devices.filter({ hasText: "This device" }).getByRole("button")).toBeHidden();
  await devices.getByRole("button", { name: /^Sign out Chrome on Linux, since / }).click();
  await expect(devices).toHaveCount(1);
  await expect(devices).toContainText("This device");

  await other.page.goto("/dashboard");
  await expect(other.page).toHaveURL(/\/signin\?expired/);
  await expect(other.page.getByText(EXPIRED)).toBeVisible();
  // This device is still signed in.
  await page.reload();
  await expect(page.getByRole("banner")).toContainText(person.email);
});

test("a deleted account is signed out everywhere; a wrong password does not delete it", async ({
  page,
  context,
  person,
  newDevice,
}) => {
  const tab = await context.newPage();
  const other = await newDevice(person);
  for (const one of [tab, other.page]) {
    await one.goto("/dashboard");
    await expect(one.getByText("Nothing to do")).toBeVisible();
  }

  // A background tab renders only once a second.
  await page.bringToFront();
  await page.goto("/settings");
  const form = section(page, "Delete account");
  const password = form.getByRole("textbox", { name: "Confirm with your password" });
  await password.fill("not the password");
  await form.getByRole("button", { name: "Delete account" }).click();
  await expect(password).toHaveAccessibleDescription("Incorrect password");
  await expect(page).toHaveURL("/settings");
  await password.fill(person.password);
  await form.getByRole("button", { name: "Delete account" }).click();

  for (const one of [page, tab]) {
    await expect(one).toHaveURL(/\/signin$/);
    await expect(one.getByText("Session expired")).toBeHidden();
  }
  expect(await sessionCookies(context)).toEqual([]);
  await fillInSignIn(page, person);
  await expect(page.getByRole("alert").filter({ hasText: "Invalid credentials" })).toBeVisible();
  await other.page.reload();
  await expect(other.page).toHaveURL(/\/signin\?expired/);
});
