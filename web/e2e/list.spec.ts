import type { Page, Request } from "@playwright/test";
import { asker, complete, row, switchWindows, titles } from "./board";
import { expect, signUp, test, tokenOf } from "./fixtures";
import type { Site } from "./stack/places";

/** Titles of tasks in the order in which they are made; the list shows them the other way round. */
function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `Task ${index + 1}`);
}

/** Signs somebody up who has these tasks. */
async function withTasks(page: Page, site: Site, made: readonly string[]) {
  const { request } = page.context();
  await signUp(request, site);
  const ask = asker(request, site, await tokenOf(request, site));
  await ask.makeAll(made);
  return ask;
}

/** Jumps to the end of the page. */
async function toEnd(page: Page): Promise<void> {
  await page.evaluate(() => scrollTo({ top: document.body.scrollHeight, behavior: "instant" }));
}

/** Collects every request for tasks from now on, but for those that ask whether others are allowed. */
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

/** Scrolls to the end, again and again while more comes, and returns every title that was seen on the way. */
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

test("a long list comes as one scrolls, each task once, after the window was switched too", async ({ page, site }) => {
  const made = numbered(230);
  await withTasks(page, site, made);
  await page.goto("/dashboard");
  await expect(titles(page).first()).toHaveText("Task 230");
  await switchWindows(page);
  expect([...(await scrollThrough(page, "Task 1"))].sort()).toEqual([...made].sort());
  // Only the rows around the window are rendered, and a screen reader knows of the others.
  expect(await titles(page).count()).toBeLessThan(60);
  await expect(row(page, "Task 1").last()).toHaveAttribute("aria-posinset", "230");
  await expect(row(page, "Task 1").last()).toHaveAttribute("aria-setsize", "230");
});

test("a page that could not be loaded is loaded when asked, where the list ends", async ({ page, site }) => {
  await withTasks(page, site, numbered(70));
  let fail = true;
  await page.route(/[?&]cursor=/, (route) => (fail ? route.abort("connectionrefused") : route.continue()));
  await page.goto("/dashboard");
  await expect(row(page, "Task 70")).toBeVisible();
  await switchWindows(page);
  await toEnd(page);
  // It is tried more than once before it is told.
  await expect(page.getByRole("button", { name: "Try again" })).toBeInViewport({ timeout: 20_000 });
  fail = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(async () => {
    await page.keyboard.press("End");
    await expect(row(page, "Task 1").last()).toBeVisible({ timeout: 500 });
  }).toPass();
});

test("a change is one request, and a look at the window asks for what is in it", async ({ page, site }) => {
  const ask = await withTasks(page, site, numbered(230));
  await page.goto("/dashboard");
  await scrollThrough(page, "Task 1");
  await page.keyboard.press("Home");
  await expect(row(page, "Task 230")).toBeInViewport();

  const requests = requestsFor(page);
  await complete(page, "Task 230");
  await expect.poll(async () => (await ask.list())[0]?.is_completed).toBe(true);
  await complete(page, "Task 229");
  await expect.poll(async () => (await ask.list())[1]?.is_completed).toBe(true);
  expect(requests).toEqual(["PATCH task", "PATCH task"]);

  requests.length = 0;
  const [, , elsewhere] = await ask.list();
  await ask.change(elsewhere?.id ?? "", { title: "Changed on a phone" });
  await ask.make({ title: "Made on a phone" });
  await switchWindows(page);
  await expect(row(page, "Changed on a phone")).toBeVisible();
  await expect(titles(page).first()).toHaveText("Made on a phone");
  expect(requests).toEqual(["GET list"]);

  // What is further down is asked for when it is looked at.
  await toEnd(page);
  await expect(row(page, "Task 1").last()).toBeInViewport();
  await expect.poll(() => requests).toEqual(["GET list", "GET later page"]);
});

test("two changes of one task arrive in their order, and those of others do not wait for them", async ({
  page,
  site,
}) => {
  const ask = await withTasks(page, site, ["Slow", "Quick"]);
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  const [, slow] = await ask.list();
  await page.route(`**/api/me/tasks/${slow?.id}`, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto("/dashboard");
  await complete(page, "Slow");
  await row(page, "Slow").getByRole("checkbox").click();
  await expect(row(page, "Slow").getByRole("checkbox")).not.toBeChecked();
  await complete(page, "Quick");
  await expect.poll(async () => (await ask.list())[0]?.is_completed).toBe(true);
  expect((await ask.list())[1]?.is_completed).toBe(false);

  const answers: boolean[] = [];
  page.on("response", async (response) => {
    if (response.request().method() === "PATCH") {
      answers.push(((await response.json()) as { is_completed: boolean }).is_completed);
    }
  });
  answer();
  await expect.poll(() => answers).toEqual([true, false]);
  await expect(row(page, "Slow").getByRole("checkbox")).not.toBeChecked();
  expect((await ask.list()).map(({ is_completed }) => is_completed)).toEqual([true, false]);
});

test("what changed elsewhere is seen when the window gets the focus", async ({ page, site }) => {
  const ask = await withTasks(page, site, ["Deleted on a phone", "Stays"]);
  await page.goto("/dashboard");
  await expect(titles(page)).toHaveText(["Stays", "Deleted on a phone"]);
  const [, gone] = await ask.list();
  await ask.remove(gone?.id ?? "");
  await ask.make({ title: "From a phone" });
  await switchWindows(page);
  await expect(titles(page)).toHaveText(["From a phone", "Stays"]);
});

test("the keys move along a list that is longer than what is rendered", async ({ page, site }) => {
  await withTasks(page, site, numbered(120));
  await page.goto("/dashboard");
  await expect(titles(page).first()).toBeVisible();
  for (let step = 0; step < 100; step += 1) {
    await page.keyboard.press("j");
  }
  await expect(titles(page).filter({ hasText: /^Task 21$/ })).toBeFocused();
  // The window goes elsewhere, the focus does not.
  await page.mouse.wheel(0, -100_000);
  await expect(row(page, "Task 120")).toBeInViewport();
  await page.keyboard.press("k");
  await expect(titles(page).filter({ hasText: /^Task 22$/ })).toBeFocused();
  await expect(row(page, "Task 22")).toBeInViewport();
});

test("the whole list is printed, without what cannot be pressed on paper", async ({ page, site, watched }) => {
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

test("a task that is added while the list is still loading is in it", async ({ page, site }) => {
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
    // Read before the task is there, and answered after.
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
