import { randomUUID } from "node:crypto";
import { expect, test } from "@playwright/test";

test("somebody signs up, adds a task, finds it after a reload, and signs out", async ({ page }) => {
  const problems: string[] = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  await page.goto("/signup");
  await page.getByLabel("Name").fill("Ada Lovelace");
  await page.getByLabel("Email").fill(`${randomUUID()}@example.com`);
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL("/dashboard");

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
