import type { Page } from "@playwright/test";
import { add, tasksApi, titles } from "./board";
import { expect, test, tokenOf } from "./fixtures";

/** The scripts that the page loads. Inline scripts still run. */
const SCRIPTS = "**/*.js";

/** Marks the browser as one with which a user has signed in. */
async function mark(page: Page): Promise<void> {
  await page.addInitScript(() => localStorage.setItem("latchkey.signed-in", "1"));
}

test("a first load sends each request once, and none for a token", async ({ page, context, site, person }) => {
  await tasksApi(context.request, site, await tokenOf(context.request, site)).create({ title: `For ${person.name}` });
  const asked: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (request.method() === "GET" && /^\/(config\.json|api\/.*)$/.test(pathname)) {
      asked.push(pathname);
    }
  });
  await page.goto("/dashboard", { waitUntil: "networkidle" });
  await expect(titles(page)).toHaveText([`For ${person.name}`]);
  expect([...asked].sort()).toEqual([
    "/api/auth/capabilities",
    "/api/auth/get-session",
    "/api/me/tasks",
    "/config.json",
  ]);
  // The token of the session response is valid for changes too.
  await add(page, "One more");
  expect(asked).not.toContain("/api/auth/token");
});

test("session and tasks are requested while the page's scripts are loading", async ({ page, site, person }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(SCRIPTS, async (route) => {
    await held;
    await route.continue();
  });
  const tasks = page.waitForResponse((answer) => answer.url().startsWith(`${site.tasks}/api/me/tasks`));
  await page.goto("/dashboard", { waitUntil: "commit" });
  expect((await tasks).status()).toBe(200);
  release();
  await expect(page.getByText("Nothing to do")).toBeVisible();
  await expect(page.getByText(person.email)).toBeVisible();
});

test("with filters in the URL, the filtered list is requested first", async ({ page, person }) => {
  const asked: string[] = [];
  page.on("request", (request) => request.url().includes("/api/me/tasks") && asked.push(request.url()));
  await page.goto("/dashboard?status=completed");
  await expect(page.getByText("No matching tasks")).toBeVisible();
  await expect(page.getByText(person.email)).toBeVisible();
  expect(asked.filter((url) => !url.includes("status=completed"))).toEqual([]);
});

for (const what of ["config.json", "api/auth/get-session", "api/me/tasks?status=all"]) {
  test(`the early request for ${what} fails: the page sends it again`, async ({ page, person }) => {
    await page.route(
      (url) => url.href.endsWith(what),
      (route) => route.abort("connectionreset"),
      { times: 1 },
    );
    await page.goto("/dashboard");
    await expect(page.getByText(person.email)).toBeVisible();
    await expect(page.getByText("Nothing to do")).toBeVisible();
  });
}

/** Returns the positions and sizes of elements. */
function places(page: Page) {
  const boxes = ["header", "h1", "input[name=title]", "input[type=search]", "label:has(input[type=radio])"].map((one) =>
    page.locator(one).first().boundingBox(),
  );
  return Promise.all(boxes);
}

test.describe("before the page's scripts run", () => {
  for (const width of [360, 1280]) {
    test(`the dashboard's frame has the layout of the dashboard, ${width} wide`, async ({ page, person }) => {
      await mark(page);
      // A returning user with an unverified email.
      await page.addInitScript(() => localStorage.setItem("latchkey.reminded", "1"));
      await page.setViewportSize({ width, height: 800 });
      await page.route(SCRIPTS, (route) => route.abort());
      await page.goto("/dashboard");
      await expect(page.getByText("Loading your tasks…")).toBeAttached();
      await expect(page.locator("h1")).toBeVisible();
      await expect(page.locator("input[name=title]")).toBeDisabled();
      const before = await places(page);
      expect(before).not.toContain(null);
      await page.unrouteAll();
      await page.goto("/dashboard");
      await expect(page.getByText(person.email)).toBeVisible();
      await expect(page.getByText("Nothing to do")).toBeVisible();
      expect(await places(page)).toEqual(before);
    });
  }

  test("the frame is hidden if nobody has signed in", async ({ page }) => {
    await page.route(SCRIPTS, (route) => route.abort());
    await page.goto("/dashboard");
    await expect(page.getByText("Loading your tasks…")).toBeAttached();
    await expect(page.locator("h1")).toBeHidden();
  });
});

test("every script is compressed and cached as immutable", async ({ page }) => {
  const answers = new Map<string, Record<string, string>>();
  page.on("response", (answer) => answer.url().endsWith(".js") && answers.set(answer.url(), answer.headers()));
  await page.goto("/signin");
  await expect(page.getByRole("button", { name: "Sign in" })).toBeEnabled();
  expect(answers.size).toBeGreaterThan(0);
  for (const headers of answers.values()) {
    expect(headers["content-type"]).toContain("javascript");
    expect(headers).toMatchObject({
      "content-encoding": "br",
      "cache-control": "public, max-age=31536000, immutable",
    });
  }
});
