import { expect, test } from "./fixtures";

test.use({ serviceWorkers: "allow" });

/** Waits until the worker has cached the page's files and controls the page. */
function workerIsInCharge(): Promise<boolean> {
  return navigator.serviceWorker.ready.then(
    () =>
      new Promise((resolve) => {
        if (navigator.serviceWorker.controller) {
          resolve(true);
        }
        navigator.serviceWorker.addEventListener("controllerchange", () => resolve(true));
      }),
  );
}

test("offline, the dashboard opens and reports it; back online, it continues", async ({ page, context, person }) => {
  await page.goto("/dashboard");
  await expect(page.getByText(person.email)).toBeVisible();
  await page.evaluate(workerIsInCharge);
  await context.setOffline(true);
  for (const path of ["/dashboard", "/dashboard?status=completed", "/settings"]) {
    await page.goto(path);
    await expect(page.getByRole("alert").filter({ hasText: "You are offline." })).toBeVisible();
  }
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "You are offline." })).toBeVisible();
  await page.goto("/dashboard");
  await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByText(person.email)).toBeVisible();
  await expect(page.getByText("Nothing to do")).toBeVisible();
});

test("the worker keeps the page's own files, and no answer of a service", async ({ page, person, site }) => {
  await page.goto("/dashboard");
  await expect(page.getByText(person.email)).toBeVisible();
  await page.evaluate(workerIsInCharge);
  await page.reload();
  await expect(page.getByText(person.email)).toBeVisible();
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const lists = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return lists.flat().map(({ url }) => url);
  });
  const paths = kept.map((url) => new URL(url));
  expect(paths.map(({ pathname }) => pathname)).toContain("/dashboard");
  expect(paths.filter(({ origin }) => origin !== new URL(site.origin).origin)).toEqual([]);
  expect(paths.filter(({ pathname }) => /^\/(api|docs|config\.json|\.well-known)/.test(pathname))).toEqual([]);
});

test("the network takes precedence over the cache, unless it takes too long", async ({ page, context, person }) => {
  await page.goto("/dashboard");
  await page.evaluate(workerIsInCharge);
  await page.goto("/signup");
  const title = "Another build";
  let answers = true;
  await context.route("**/dashboard", async (route) => {
    if (answers) {
      await route.fulfill({ contentType: "text/html", body: `<!doctype html><title>${title}</title>` });
    }
  });
  await page.goto("/dashboard");
  await expect(page).toHaveTitle(title);
  answers = false;
  await page.goto("/dashboard");
  await expect(page).toHaveTitle("Tasks · Latchkey");
  await expect(page.getByText(person.email)).toBeVisible();
});

test("the page can be installed: its manifest, icons and worker have the right content types", async ({
  page,
  request,
}) => {
  await page.goto("/signin");
  const href = await page.locator("link[rel=manifest]").getAttribute("href");
  const manifest = await request.get(href ?? "");
  expect(manifest.headers()["content-type"]).toContain("application/manifest+json");
  const { icons, start_url } = (await manifest.json()) as {
    icons: { src: string; type: string; sizes: string; purpose?: string }[];
    start_url: string;
  };
  expect(start_url).toBe("/dashboard");
  expect(icons.map(({ sizes }) => sizes)).toEqual(expect.arrayContaining(["192x192", "512x512"]));
  expect(icons.some(({ purpose }) => purpose === "maskable")).toBe(true);
  for (const { src, type, sizes } of icons) {
    expect((await request.get(src)).headers()["content-type"]).toContain(type);
    if (type === "image/png") {
      const width = await page.evaluate(async (address) => {
        const picture = new Image();
        picture.src = address;
        await picture.decode();
        return picture.naturalWidth;
      }, src);
      expect(`${width}x${width}`).toBe(sizes);
    }
  }
  const worker = await request.get("/worker.js");
  expect(worker.headers()).toMatchObject({ "cache-control": "no-cache" });
  expect(worker.headers()["content-type"]).toMatch(/^(text|application)\/javascript/);
});
