import { randomUUID } from "node:crypto";
import { expect, test } from "@playwright/test";

test("somebody signs up, adds a task, finds it after a reload, and signs out", async ({ page }) => {
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
  // From one address three people may sign up in ten seconds, and others did just before: a 429 is expected.
  await expect(async () => {
    if (page.url().endsWith("/signup")) {
      // With a time limit: the page may leave between the look at its address and the press.
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
