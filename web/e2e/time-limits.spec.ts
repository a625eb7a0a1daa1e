import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page, Route } from "@playwright/test";
import { tasksApi, message, titles } from "./board";
import { expect, test, tokenOf } from "./fixtures";

/** The page's request timeout in milliseconds. */
const LIMIT = 15_000;
const TOO_LONG = "The service took too long to respond.";

/** Accepts a request and never responds. */
const silence = () => {};

/** Advances the clock until the page's request times out. */
async function waitOut(page: Page): Promise<void> {
  await page.clock.runFor(LIMIT);
}

/** Holds matching requests, and resolves when the first of them was sent. */
async function hold(page: Page, url: string | RegExp, method = "GET"): Promise<{ first: Promise<void> }> {
  let sent = silence;
  const first = new Promise<void>((resolve) => (sent = resolve));
  await page.route(url, async (route) => {
    if (route.request().method() === method) {
      sent();
    } else {
      await route.continue();
    }
  });
  return { first };
}

test.beforeEach(({ page }) => page.clock.install());

for (const what of ["config.json", "api/auth/get-session"]) {
  test(`a ${what} request that times out shows a message and “Try again”`, async ({ page, person }) => {
    const { first } = await hold(page, `**/${what}`);
    await page.goto("/dashboard");
    await first;
    // The inline script sends the request, but the page's own scripts apply the timeout. Time that passes before they
    // run does not count.
    await expect(async () => {
      await waitOut(page);
      await expect(page.getByRole("alert").filter({ hasText: "The service" })).toBeVisible({ timeout: 1_000 });
    }).toPass();
    await page.unrouteAll();
    await page.getByRole("button", { name: "Try again" }).click();
    await expect(page.getByText(person.email)).toBeVisible();
  });
}

test("a list that times out shows a message and “Try again”", async ({ page, context, site, person }) => {
  await tasksApi(context.request, site, await tokenOf(context.request, site)).create({ title: `For ${person.name}` });
  const { first } = await hold(page, /\/api\/me\/tasks/);
  await page.goto("/dashboard");
  await first;
  await expect(page.getByRole("button", { name: "Add", exact: true })).toBeEnabled();
  await waitOut(page);
  await expect(page.getByRole("alert").filter({ hasText: TOO_LONG })).toBeVisible();
  await page.unrouteAll();
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(titles(page)).toHaveText([`For ${person.name}`]);
});

/** Starts a response for a page of this origin and never ends it. */
function stallingServer(origin: string): Server {
  return createServer((_, response) => {
    response.writeHead(200, { "Content-Type": "application/json", "Access-Control-Allow-Origin": origin });
    response.write('{"tasks":[');
  });
}

test("the timeout applies to the whole response: one that starts and never ends times out too", async ({
  page,
  site,
  person,
}) => {
  const server = stallingServer(site.origin).listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const { port } = server.address() as AddressInfo;
  let begun = silence;
  const first = new Promise<void>((resolve) => (begun = resolve));
  await page.route("**/api/me/tasks?*", async (route: Route) => {
    begun();
    await route.continue({ url: `http://127.0.0.1:${port}/` });
  });
  await page.goto("/dashboard");
  await first;
  await expect(page.getByText(person.email)).toBeVisible();
  await expect(page.getByRole("button", { name: "Add", exact: true })).toBeEnabled();
  await waitOut(page);
  await expect(page.getByRole("alert").filter({ hasText: TOO_LONG })).toBeVisible();
  server.closeAllConnections();
  server.close();
});

test("a change that times out is not reported as failed, since it may have been processed", async ({
  page,
  person,
}) => {
  const field = page.getByRole("textbox", { name: "New task", exact: true });
  await page.goto("/dashboard");
  await expect(page.getByText("Nothing to do")).toBeVisible();
  const { first } = await hold(page, "**/api/me/tasks", "POST");
  await field.fill(`${person.name}'s idea`);
  await field.press("Enter");
  await first;
  await waitOut(page);
  const told = `“${person.name}'s idea” may not have been added. ${TOO_LONG}`;
  await expect(message(page, told)).toBeVisible();
  await expect(field).toHaveValue(`${person.name}'s idea`);
});

test("a device list that times out can be requested again", async ({ page, person }) => {
  const devices = page.getByRole("region", { name: "Signed-in devices" });
  const { first } = await hold(page, "**/api/auth/list-sessions");
  await page.goto("/settings");
  await expect(page.getByText(person.email).first()).toBeVisible();
  await first;
  await waitOut(page);
  await expect(devices.getByRole("alert")).toContainText(TOO_LONG);
  await page.unrouteAll();
  await devices.getByRole("button", { name: "Show devices" }).click();
  await expect(devices.getByText("This device")).toBeVisible();
});
