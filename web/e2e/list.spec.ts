import type { Page, Request } from "@playwright/test";
import { tasksApi, complete, row, switchWindows, titles } from "./board";
import { expect, signUp, test, tokenOf } from "./fixtures";
import type { Site } from "./stack/environment";

/** Titles of tasks in the order of their creation; the list shows them in reverse. */
function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `Task ${index + 1}`);
}

/** Signs up a user with these tasks. */
async function withTasks(page: Page, site: Site, made: readonly string[]) {
  const { request } = page.context();
  await signUp(request, site);
  const api = tasksApi(request, site, await tokenOf(request, site));
  await api.createAll(made);
  return api;
}

/** Scrolls to the end of the page. */
async function toEnd(page: Page): Promise<void> {
  await page.evaluate(() => scrollTo({ top: document.body.scrollHeight, behavior: "instant" }));
}

/** Collects every request for tasks from now on, except CORS preflights. */
function requestsFor(page: Page): string[] {
  const found: string[] = [];
  page.on("request", (request: Request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname.startsWith("/api/me/tasks") && request.method() !== "OPTIONS") {
      found.push(
        `${request.method()} ${searchParams.has("cursor") ? "later page" : pathname.split("/").length > 4 ? "task" : "list"}`,
      );
    }
  });
  return found;
}

/** Scrolls to the end while more tasks load, and returns every title that was shown. */
async function scrollThrough(page: Page, lastTitle: string): Promise<Set<string>> {
  const seen = new Set<string>();
  await expect(async () => {
    for (let step = 0; step < 40; step += 1) {
      (await titles(page).allTextContents()).forEach((title) => seen.add(title));
      await page.mouse.wheel(0, 600);
      await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
    }
    expect(seen).toContain(lastTitle);
  }).toPass({ timeout: 30_000 });
  return seen;
}

test("a long list loads while scrolling, each task once, also after switching windows", async ({ page, site }) => {
  const made = numbered(230);
  await withTasks(page, site, made);
  await page.goto("/dashboard");
  await expect(titles(page).first()).toHaveText("Task 230");
  await switchWindows(page);
  expect([...(await scrollThrough(page, "Task 1"))].sort()).toEqual([...made].sort());
  // Only the rows around the viewport are rendered. Screen readers know the length of the whole list.
  expect(await titles(page).count()).toBeLessThan(60);
  await expect(row(page, "Task 1").last()).toHaveAttribute("aria-posinset", "230");
  await expect(row(page, "Task 1").last()).toHaveAttribute("aria-setsize", "230");
});

test("a page that failed to load can be retried at the end of the list", async ({ page, site }) => {
  await withTasks(page, site, numbered(70));
  let fail = true;
  await page.route(/[?&]cursor=/, (route) => (fail ? route.abort("connectionrefused") : route.continue()));
  await page.goto("/dashboard");
  await expect(row(page, "Task 70")).toBeVisible();
  await switchWindows(page);
  await toEnd(page);
  // The error is shown only after retries.
  await expect(page.getByRole("button", { name: "Try again" })).toBeInViewport({ timeout: 20_000 });
  fail = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(async () => {
    await page.keyboard.press("End");
    await expect(row(page, "Task 1").last()).toBeVisible({ timeout: 500 });
  }).toPass();
});

test("a change is one request, and focusing the window refreshes the visible pages", async ({ page, site }) => {
  const api = await withTasks(page, site, numbered(230));
  await page.goto("/dashboard");
  await scrollThrough(page, "Task 1");
  await page.keyboard.press("Home");
  await expect(row(page, "Task 230")).toBeInViewport();

  const requests = requestsFor(page);
  await complete(page, "Task 230");
  await expect.poll(async () => (await api.list())[0]?.is_completed).toBe(true);
  await complete(page, "Task 229");
  await expect.poll(async () => (await api.list())[1]?.is_completed).toBe(true);
  expect(requests).toEqual(["PATCH task", "PATCH task"]);

  requests.length = 0;
  const [, , elsewhere] = await api.list();
  await api.change(elsewhere?.id ?? "", { title: "Changed on a phone" });
  await api.create({ title: "Made on a phone" });
  await switchWindows(page);
  await expect(row(page, "Changed on a phone")).toBeVisible();
  await expect(titles(page).first()).toHaveText("Made on a phone");
  expect(requests).toEqual(["GET list"]);

  // Pages further down are refreshed when they become visible.
  await toEnd(page);
  await expect(row(page, "Task 1").last()).toBeInViewport();
  await expect.poll(() => requests).toEqual(["GET list", "GET later page"]);
});

test("two changes of one task arrive in order, and changes of other tasks do not wait for them", async ({
  page,
  site,
}) => {
  const api = await withTasks(page, site, ["Slow", "Quick"]);
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  const [, slow] = await api.list();
  await page.route(`**/api/me/tasks/${slow?.id}`, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto("/dashboard");
  await complete(page, "Slow");
  await row(page, "Slow").getByRole("checkbox").click();
  await expect(row(page, "Slow").getByRole("checkbox")).not.toBeChecked();
  await complete(page, "Quick");
  await expect.poll(async () => (await api.list())[0]?.is_completed).toBe(true);
  expect((await api.list())[1]?.is_completed).toBe(false);

  // Of this task alone: the response to the other one's change may still be on its way to the page.
  const changes: (string | null)[] = [];
  page.on("response", (response) => {
    if (response.url().endsWith(`/${slow?.id}`) && response.request().method() === "PATCH") {
      changes.push(response.request().postData());
    }
  });
  answer();
  await expect.poll(() => changes).toEqual(['{"is_completed":true}', '{"is_completed":false}']);
  await expect(row(page, "Slow").getByRole("checkbox")).not.toBeChecked();
  expect((await api.list()).map(({ is_completed }) => is_completed)).toEqual([true, false]);
});

test("changes made elsewhere are shown when the window gets the focus", async ({ page, site }) => {
  const api = await withTasks(page, site, ["Deleted on a phone", "Stays"]);
  await page.goto("/dashboard");
  await expect(titles(page)).toHaveText(["Stays", "Deleted on a phone"]);
  const [, gone] = await api.list();
  await api.remove(gone?.id ?? "");
  await api.create({ title: "From a phone" });
  await switchWindows(page);
  await expect(titles(page)).toHaveText(["From a phone", "Stays"]);
});

test("shortcuts move the focus through a list that is only partly rendered", async ({ page, site }) => {
  await withTasks(page, site, numbered(120));
  await page.goto("/dashboard");
  await expect(titles(page).first()).toBeVisible();
  for (let step = 0; step < 100; step += 1) {
    await page.keyboard.press("j");
  }
  await expect(titles(page).filter({ hasText: /^Task 21$/ })).toBeFocused();
  // Scrolling away does not move the focus.
  await page.mouse.wheel(0, -100_000);
  await expect(row(page, "Task 120")).toBeInViewport();
  await page.keyboard.press("k");
  await expect(titles(page).filter({ hasText: /^Task 22$/ })).toBeFocused();
  await expect(row(page, "Task 22")).toBeInViewport();
});

test("the whole list is printed, without buttons", async ({ page, site, watched }) => {
  await withTasks(page, site, numbered(45));
  await page.goto("/dashboard");
  await expect(titles(page).first()).toBeVisible();
  expect(await titles(page).count()).toBeLessThan(45);
  await page.emulateMedia({ media: "print" });
  await expect(titles(page)).toHaveCount(45);
  for (const name of ["Add", "Sign out", "Delete Task 45"]) {
    await expect(page.getByRole("button", { name, exact: true })).toBeHidden();
  }
  await expect(page.getByRole("search")).toBeHidden();
  await page.emulateMedia({ media: null });
  await expect.poll(() => titles(page).count()).toBeLessThan(45);
  watched.forgetShifts();
});

test("a task that is added while the list is loading is in the list", async ({ page, site }) => {
  await withTasks(page, site, []);
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  let first = true;
  await page.route("**/api/me/tasks?*", async (route) => {
    if (!first || route.request().method() !== "GET") {
      await route.continue();
      return;
    }
    first = false;
    // Read before the task is created, and delivered after.
    const response = await route.fetch();
    await held;
    await route.fulfill({ response }).catch(() => {});
  });
  await page.goto("/dashboard");
  const added = page.waitForResponse((response) => response.request().method() === "POST" && response.status() === 201);
  await page.getByRole("textbox", { name: "New task", exact: true }).fill("Early");
  await page.keyboard.press("Enter");
  await added;
  answer();
  await expect(titles(page)).toHaveText(["Early"]);
});
