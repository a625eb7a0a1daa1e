import type { Locator, Page } from "@playwright/test";
import { violationsOf } from "./axe";
import { expect, test, tokenOf } from "./fixtures";
import type { Site, Hosting } from "./stack/environment";

/** Violations in Swagger UI's own structure: a link inside each operation's button, and heading levels. */
const SWAGGER_UI = ["nested-interactive:", "heading-order:"];

/** Returns the URLs of the API documentation. */
function docs(site: Site, hosting: Hosting): { auth: string; tasks: string } {
  return hosting === "behind the gateway"
    ? { auth: `${site.origin}/docs/auth/`, tasks: `${site.origin}/docs/tasks/` }
    : { auth: `${site.auth}/docs/`, tasks: `${site.tasks}/docs/` };
}

/** Expands an operation by its summary. */
async function open(page: Page, summary: string): Promise<Locator> {
  const operation = page.locator(".opblock").filter({ has: page.getByText(summary, { exact: true }) });
  await operation.locator(".opblock-summary-control").click();
  await expect(operation.getByRole("button", { name: "Execute" })).toBeVisible();
  return operation;
}

/** Presses "Execute" on an opened operation, and returns the status and the body of the live response. */
async function execute(operation: Locator): Promise<{ status: number; body: string; url: string }> {
  const live = operation.locator(".live-responses-table tbody .response");
  // The viewer shows the last response until the next one is there.
  const clear = operation.getByRole("button", { name: "Clear", exact: true });
  if (await clear.isVisible()) {
    await clear.click();
    await expect(live).toHaveCount(0);
  }
  await operation.getByRole("button", { name: "Execute" }).click();
  await expect(live.locator(".response-col_status")).toHaveText(/^\d{3}/);
  const status = Number((await live.locator(".response-col_status").innerText()).slice(0, 3));
  const body = live.locator(".response-col_description pre.microlight, .response-col_description code").first();
  return {
    status,
    body: (await body.count()) > 0 ? await body.innerText() : "",
    url: await operation.locator(".request-url pre").innerText(),
  };
}

/** Enters a token in the dialog. */
async function authorize(page: Page, token: string): Promise<void> {
  await page.locator(".scheme-container").getByRole("button", { name: "Authorize" }).click();
  const dialog = page.locator(".modal-ux");
  await dialog.getByRole("textbox").fill(token);
  await dialog.getByRole("button", { name: "Apply credentials" }).click();
  await dialog.getByRole("button", { name: "Close" }).last().click();
}

test("a newcomer signs up and gets a token by pressing Execute", async ({ page, context, site, hosting }) => {
  await page.goto(docs(site, hosting).auth);
  await expect(page).toHaveTitle("auth-service API");
  // Sends the prefilled body unchanged. The account exists if an earlier run has created it.
  const signUp = await execute(await open(page, "Sign up"));
  expect(signUp.url).toBe(`${site.auth}/api/auth/sign-up/email`);
  expect([200, 422]).toContain(signUp.status);
  expect((await execute(await open(page, "Sign in"))).status).toBe(200);
  expect((await context.cookies()).map(({ name }) => name)).toContain("better-auth.session_token");
  const session = await execute(await open(page, "Get the current session"));
  expect(session.status).toBe(200);
  expect(session.body).toContain("alice@example.com");
  const token = await execute(await open(page, "Get an access token"));
  expect(token.status).toBe(200);
  expect(Object.keys(JSON.parse(token.body) as object)).toEqual(["token"]);
});

test("a newcomer tries every operation on a task by pressing Execute", async ({ page, person, site, hosting }) => {
  test.slow();
  await page.goto(docs(site, hosting).tasks);
  await expect(page).toHaveTitle("task-service API");
  if (hosting === "across origins") {
    // Behind the gateway, a session is enough.
    await authorize(page, await tokenOf(page.request, site));
  }
  const created = await execute(await open(page, "Create a task"));
  expect(created.status).toBe(201);
  expect(created.url).toBe(`${site.tasks}/api/me/tasks`);
  const task = JSON.parse(created.body) as { id: string; user_id: string };
  expect(task.user_id).toBe(person.id);
  const listed = await execute(await open(page, "List tasks"));
  expect(listed.status).toBe(200);
  expect(listed.body).toContain(task.id);
  const operations = [
    ["Get a task", 200],
    ["Update a task", 200],
    ["Replace a task", 200],
    ["Mark a task as done or not done", 200],
    ["Delete a task", 204],
  ] as const;
  for (const [summary, status] of operations) {
    const answer = await execute(await open(page, summary));
    expect(answer.status, summary).toBe(status);
    // The id of the task that was created is filled in.
    expect(answer.url).toContain(`/api/me/tasks/${task.id}`);
  }
});

test("the token that the page fetched ends with the session; one that was entered stays", async ({
  page,
  person,
  site,
  hosting,
}) => {
  test.skip(hosting === "across origins", "a token is fetched on one origin alone");
  const entered = await tokenOf(page.request, site);
  await page.goto(docs(site, hosting).tasks);
  const list = await open(page, "List tasks");
  expect((await execute(list)).status).toBe(200);
  await page.request.post(`${site.auth}/api/auth/sign-out`, { headers: { Origin: site.origin } });
  const again = await execute(list);
  expect(again.status).toBe(401);
  await expect(list.locator(".curl")).not.toContainText("Bearer");
  await authorize(page, entered);
  await execute(list);
  await expect(list.locator(".curl")).toContainText(entered);
  expect(person.id).not.toBe("");
});

test("a link to an operation opens it", async ({ page, site, hosting }) => {
  await page.goto(`${docs(site, hosting).auth}#/tokens/token`);
  await expect(page.getByRole("button", { name: "Execute" })).toBeVisible();
  await expect(page.getByText("A JWT for resource servers")).toBeVisible();
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`the documentation is readable on a phone, ${colorScheme}`, async ({ page, site, hosting }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 375, height: 800 });
    const { auth, tasks } = docs(site, hosting);
    for (const [address, summary] of [
      [auth, "Sign up"],
      [tasks, "Create a task"],
    ] as const) {
      await page.goto(address);
      await open(page, summary);
      const { needed, there, background } = await page.evaluate(() => ({
        needed: document.documentElement.scrollWidth,
        there: window.innerWidth,
        background: getComputedStyle(document.documentElement).backgroundColor,
      }));
      expect(needed).toBeLessThanOrEqual(there);
      expect(background === "rgba(0, 0, 0, 0)", background).toBe(colorScheme === "light");
      const faults = (await violationsOf(page)).filter((fault) => !SWAGGER_UI.some((rule) => fault.startsWith(rule)));
      expect(faults).toEqual([]);
    }
  });
}
