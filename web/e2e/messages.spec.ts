import type { Locator, Page } from "@playwright/test";
import { add, tasksApi, message, row, titles } from "./board";
import { expect, test, tokenOf } from "./fixtures";

/** How long a deletion can be undone, in milliseconds. */
const HOLD = 5_000;

async function press(page: Page, title: string, key: string): Promise<void> {
  await titles(page)
    .filter({ hasText: new RegExp(`^${title}$`) })
    .focus();
  await page.keyboard.press(key);
}

function undoOf(page: Page, title: string): Locator {
  return page.getByRole("button", { name: `Undo deleting ${title}`, exact: true });
}

test("a key that is held down deletes one task", async ({ page, person }) => {
  await page.goto("/dashboard");
  for (const number of [1, 2, 3, 4]) {
    await add(page, `${person.name}'s ${number}`);
  }
  await titles(page).first().focus();
  // The browser repeats a key that is held down.
  for (let repeat = 0; repeat < 8; repeat += 1) {
    await page.keyboard.down("d");
  }
  await page.keyboard.up("d");
  await expect(titles(page)).toHaveCount(3);
});

test("toasts are stacked, and the stack expands on hover", async ({ page, person }) => {
  await page.goto("/dashboard");
  const all = ["One", "Two", "Three", "Four", "Five"];
  for (const title of all) {
    await add(page, title);
  }
  for (const title of all) {
    await press(page, title, "d");
    await expect(message(page, `“${title}”`)).toBeVisible();
  }
  await expect(page.getByText("Nothing to do"), person.name).toBeVisible();
  const height = async () => {
    const boxes = await Promise.all(
      all.slice(-3).map(async (title) => (await message(page, `“${title}”`).boundingBox()) ?? { y: 0, height: 0 }),
    );
    return Math.max(...boxes.map(({ y, height }) => y + height)) - Math.min(...boxes.map(({ y }) => y));
  };
  await expect.poll(height).toBeLessThan(100);
  await message(page, "“Five”").hover();
  await expect.poll(height).toBeGreaterThan(150);
  // All of them can be undone: an older toast appears when one closes.
  for (const title of [...all].reverse()) {
    await undoOf(page, title).click();
    await expect(titles(page).filter({ hasText: title })).toBeVisible();
  }
  await expect(titles(page)).toHaveCount(all.length);
});

test("a toast stays open with hover or focus, and returns the focus", async ({ page, context, site, person }) => {
  await page.clock.install();
  await page.goto("/dashboard");
  for (const title of ["Third", "Second", "First"]) {
    await add(page, title);
  }
  const api = tasksApi(context.request, site, await tokenOf(context.request, site));
  await press(page, "First", "d");
  await message(page, "“First”").hover();
  await page.clock.runFor(3 * HOLD);
  expect(await api.list(), person.name).toHaveLength(3);
  await page.mouse.move(0, 0);
  await page.clock.runFor(HOLD + 500);
  await expect.poll(async () => (await api.list()).length).toBe(2);
  await expect(titles(page).filter({ hasText: "Second" })).toBeFocused();

  await page.keyboard.press("d");
  await expect(message(page, "“Second”")).toBeVisible();
  await expect(titles(page).filter({ hasText: "Third" })).toBeFocused();
  await page.keyboard.press("F6");
  await page.clock.runFor(3 * HOLD);
  await expect(message(page, "“Second”")).toBeVisible();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(undoOf(page, "Second")).toBeFocused();
  await page.keyboard.press("Enter");
  // The focus moves to the restored task.
  await expect(titles(page).filter({ hasText: "Second" })).toBeFocused();
  await expect(message(page, "“Second”")).toBeHidden();
  await page.clock.runFor(2 * HOLD);
  expect(await api.list()).toHaveLength(2);

  await page.keyboard.press("d");
  await expect(titles(page).filter({ hasText: "Third" })).toBeFocused();
  await page.keyboard.press("F6");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Escape");
  await expect(titles(page).filter({ hasText: "Third" })).toBeFocused();
  await expect.poll(async () => (await api.list()).length).toBe(1);
  await expect(row(page, "Third")).toBeVisible();
});
