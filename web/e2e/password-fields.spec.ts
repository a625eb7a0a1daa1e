import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";

/** Returns the type and the selection of a field. */
function stateOf(page: Page, name: string) {
  return page.getByLabel(name).evaluate((input: HTMLInputElement) => ({
    type: input.type,
    value: input.value,
    caret: [input.selectionStart, input.selectionEnd],
    focused: document.activeElement === input,
  }));
}

test("a password is shown by the mouse without leaving its field, and hidden when the form is sent", async ({
  page,
}) => {
  await page.goto("/signin");
  const password = page.getByLabel("Password");
  await password.fill("correct horse");
  await password.evaluate((input: HTMLInputElement) => input.setSelectionRange(3, 5));
  await page.getByRole("button", { name: "Show password" }).click();
  const shown = { type: "text", value: "correct horse", caret: [3, 5], focused: true };
  expect(await stateOf(page, "Password")).toEqual(shown);
  await page.getByRole("button", { name: "Hide password" }).click();
  expect(await stateOf(page, "Password")).toEqual({ ...shown, type: "password" });

  await page.getByRole("button", { name: "Show password" }).click();
  await page.getByLabel("Email").fill("nobody@example.com");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "Invalid credentials" })).toBeVisible();
  await expect(password).toHaveAttribute("type", "password");
  await expect(password).toHaveValue("correct horse");
});

test("a password can be shown by keyboard, and the button keeps the focus", async ({ page }) => {
  await page.goto("/signup");
  await page.getByLabel("Password").focus();
  await page.keyboard.type("correct horse");
  await page.keyboard.press("Tab");
  const button = page.getByRole("button", { name: "Show password" });
  await expect(button).toBeFocused();
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: "Hide password" })).toBeFocused();
  await expect(page.getByLabel("Password")).toHaveAttribute("type", "text");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Show password" })).toBeFocused();
  await expect(page.getByLabel("Password")).toHaveAttribute("type", "password");
  await expect(page).toHaveURL("/signup");
});

test("every password can be shown, and its form tells password managers whose it is", async ({ page, person }) => {
  await page.goto("/reset-password?token=x");
  await expect(page.getByRole("button", { name: "Show new password" })).toBeVisible();
  await page.goto("/settings");
  for (const [name, passwords] of [
    ["Password", ["Show current password", "Show new password"]],
    ["Delete account", ["Show password"]],
  ] as const) {
    const section = page.getByRole("region", { name, exact: true });
    await expect(section.getByRole("button", { name: /^Show/ })).toHaveText([...passwords]);
    const username = section.locator("form input[autocomplete=username]");
    await expect(username).toHaveValue(person.email);
    await expect(username).toBeHidden();
    // It comes before the passwords, as password managers expect.
    const order = await section
      .locator("form input")
      .evaluateAll((inputs) => inputs.map((input) => input.getAttribute("autocomplete")));
    expect(order[0]).toBe("username");
  }
});

test("a visible password is also cleared after it was changed", async ({ page, person }) => {
  await page.goto("/settings");
  const section = page.getByRole("region", { name: "Password" });
  await section.getByLabel("Current password").fill(person.password);
  await section.getByLabel("New password").fill("another long password");
  await section.getByRole("button", { name: "Show new password" }).click();
  await section.getByRole("button", { name: "Change password" }).click();
  await expect(section.getByRole("status")).toHaveText("Password changed.");
  for (const label of ["Current password", "New password"]) {
    await expect(section.getByLabel(label)).toHaveValue("");
    await expect(section.getByLabel(label)).toHaveAttribute("type", "password");
  }
});
