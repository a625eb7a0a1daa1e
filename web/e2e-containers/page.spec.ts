import { randomUUID } from "node:crypto";
import { expect, test } from "@playwright/test";

test("a user signs up, adds a task, finds it after a reload, and signs out", async ({ page }) => {
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("status of 429")) {
      problems.push(message.text());
    }
  });
  await page.goto("/signup");
  await page.getByLabel("Name").fill("Ada Lovelace");
  await page.getByLabel("Email").fill(`${randomUUID()}@example.com`);
  await page.getByLabel("Password").fill("correct horse battery");
  // The rate limit allows three sign-ups per ten seconds and IP address, and other tests have just used it: 429 is
  // expected.
  await expect(async () => {
    if (page.url().endsWith("/signup")) {
      // With a timeout, because the page may navigate before the click.
      await page.getByRole("button", { name: "Create account" }).click({ timeout: 3_000 });
    }
    await expect(page).toHaveURL("/dashboard", { timeout: 3_000 });
  }).toPass({ timeout: 30_000 });

  await page.getByRole("textbox", { name: "New task", exact: true }).fill("Water the plants");
  await page.keyboard.press("Enter");
  const task = page.getByRole("list", { name: "Tasks" }).getByRole("listitem").filter({ hasText: "Water the plants" });
  await expect(task.getByRole("checkbox")).toBeEnabled();
  await page.reload();
  await expect(task).toBeVisible();

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/signin/);
  expect(problems).toEqual([]);
});
