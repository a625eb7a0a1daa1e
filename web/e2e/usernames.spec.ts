// Usernames: sign-up, sign-in and settings.
import { randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";
import { expect, newPerson, post, test, type Person } from "./fixtures";
import { inspectPage } from "./inspect-page";
import type { Site } from "./stack/environment";

test.use({ kind: "second factors" });

/** A name that nobody has. */
function newName(): string {
  return `Ada_${randomUUID().slice(0, 8)}`;
}

function field(page: Page) {
  return page.getByRole("textbox", { name: /^Username/ });
}

async function signInAs(page: Page, name: string, password: string): Promise<void> {
  await page.goto("/signin");
  await page.getByLabel("Email or username").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

async function signUp(page: Page, ada: Person, username: string): Promise<void> {
  await page.goto("/signup");
  await page.getByLabel("Name", { exact: true }).fill(ada.name);
  await page.getByLabel("Email").fill(ada.email);
  await field(page).fill(username);
  await page.getByLabel("Password").fill(ada.password);
  await page.getByRole("button", { name: "Create account" }).click();
}

/** Takes a name for a user who is not signed in with the page's browser. */
async function taken(request: Parameters<typeof post>[0], site: Site): Promise<string> {
  const username = newName();
  const { name, email, password } = newPerson();
  await post(request, site, "sign-up/email", { name, email, password, username });
  return username;
}

test("a user signs up with a username and signs in with it", async ({ page }) => {
  const ada = newPerson();
  const username = newName();
  await signUp(page, ada, username);
  await expect(page.getByText("Nothing to do")).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/signin");
  // Case does not matter.
  await signInAs(page, username.toUpperCase(), ada.password);
  await expect(page.getByRole("banner")).toContainText(ada.email);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/signin");
  await signInAs(page, ada.email, ada.password);
  await expect(page.getByRole("banner")).toContainText(ada.email);
});

test("a username is optional", async ({ page }) => {
  const ada = newPerson();
  await signUp(page, ada, "");
  await expect(page.getByText("Nothing to do")).toBeVisible();
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(field(page)).toHaveValue("");
});

test("an incorrect username or password says nothing about accounts", async ({ page, request, site }) => {
  const username = await taken(request, site);
  for (const [name, password] of [
    [username, "not the password"],
    [newName(), "not the password"],
    ["x", "not the password"],
    ["not a name!", "not the password"],
  ] as const) {
    await signInAs(page, name, password);
    await expect(page.getByRole("main").getByRole("alert")).toHaveText("Invalid credentials");
  }
  await signInAs(page, "", "");
  await expect(page.getByLabel("Email or username")).toHaveAccessibleDescription("Invalid email format");
  // A username is not prefilled where an email is asked for.
  await page.getByLabel("Email or username").fill(username);
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await expect(page.getByRole("heading", { name: "Forgot your password?" })).toBeVisible();
  await expect(page.getByLabel("Email")).toHaveValue("");
});

test("leaving the field says whether the name is available", async ({ page, request, site }) => {
  const username = await taken(request, site);
  await page.goto("/signup");
  await field(page).fill(username);
  await field(page).blur();
  await expect(field(page)).toHaveAccessibleDescription("This username is already taken");
  const free = newName();
  await field(page).fill(free);
  await field(page).blur();
  await expect(page.getByRole("status").filter({ hasText: "This username is available" })).toBeAttached();
  await expect(field(page)).toHaveAccessibleDescription("This username is available");
  await expect(field(page)).not.toHaveAttribute("aria-invalid");
  await field(page).fill("x");
  await field(page).blur();
  await expect(field(page)).toHaveAccessibleDescription("Use at least 3 characters");
});

test("a sign-up with an unusable name shows the reason at its field", async ({ page, request, site }) => {
  const username = await taken(request, site);
  for (const [name, reason] of [
    [username, "This username is already taken"],
    ["x", "Use at least 3 characters"],
    ["x".repeat(31), "Use at most 30 characters"],
    ["not a name!", "Use letters, digits, dots and underscores"],
  ] as const) {
    await signUp(page, newPerson(), name);
    await expect(field(page)).toHaveAccessibleDescription(reason);
    await expect(page).toHaveURL("/signup");
  }
});

test("the settings set and change the username", async ({ page, person, request, site }) => {
  const section = page.getByRole("region", { name: "Username" });
  await page.goto("/settings");
  const username = newName();
  await section.getByLabel("Username").fill(username);
  await section.getByRole("button", { name: "Save username" }).click();
  await expect(section.getByRole("status").filter({ hasText: "Username updated." })).toBeVisible();
  await section.getByLabel("Username").fill(await taken(request, site));
  await section.getByRole("button", { name: "Save username" }).click();
  await expect(section.getByLabel("Username")).toHaveAccessibleDescription("This username is already taken");
  await page.reload();
  await expect(section.getByLabel("Username")).toHaveValue(username);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/signin");
  await signInAs(page, username, person.password);
  await expect(page.getByRole("banner")).toContainText(person.email);
});

test("by keyboard only: sign in with a username", async ({ page, site, request }) => {
  const ada = newPerson();
  const username = newName();
  const { name, email, password } = ada;
  await post(request, site, "sign-up/email", { name, email, password, username });
  await page.goto("/signin");
  await page.getByLabel("Email or username").focus();
  await page.keyboard.type(username);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("banner")).toContainText(email);
});

test("the pages are accessible in light and dark, from phone to desktop", async ({ page, request, site, hosting }) => {
  test.skip(hosting !== "across origins", "the pages look the same in both setups");
  test.slow();
  const username = await taken(request, site);
  const signIn = async (opened: Page) => {
    await opened.goto("/signin");
    await expect(opened.getByLabel("Email or username")).toBeVisible();
  };
  await inspectPage(page, { name: "sign-in-username", open: signIn }, hosting);
  const open = async (opened: Page) => {
    await opened.goto("/signup");
    await field(opened).fill(username);
    await field(opened).blur();
    await expect(opened.getByText("This username is already taken")).toBeVisible();
  };
  await inspectPage(page, { name: "sign-up-username", open }, hosting);
});
