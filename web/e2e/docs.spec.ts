import type { Locator, Page } from "@playwright/test";
import { expect, test, tokenOf } from "./fixtures";
import type { Site, Way } from "./stack/places";

/** Where the services' documents are shown. */
function docs(site: Site, way: Way): { auth: string; tasks: string } {
  return way === "behind the gateway"
    ? { auth: `${site.origin}/docs/auth/`, tasks: `${site.origin}/docs/tasks/` }
    : { auth: `${site.auth}/docs/`, tasks: `${site.tasks}/docs/` };
}

/** Opens an operation by its summary. It stays open. */
async function open(page: Page, summary: string): Promise<Locator> {
  const operation = page.locator(".opblock").filter({ has: page.getByText(summary, { exact: true }) });
  await operation.locator(".opblock-summary-control").click();
  await expect(operation.getByRole("button", { name: "Execute" })).toBeVisible();
  return operation;
}

/** Presses "Execute" on an opened operation, and returns the status and the body of the live response. */
async function execute(operation: Locator): Promise<{ status: number; body: string; url: string }> {
  await operation.getByRole("button", { name: "Execute" }).click();
  const live = operation.locator(".live-responses-table tbody .response");
  await expect(live.locator(".response-col_status")).toHaveText(/^\d{3}/);
  const status = Number((await live.locator(".response-col_status").innerText()).slice(0, 3));
  const body = live.locator(".response-col_description pre.microlight, .response-col_description code").first();
  return {
    status,
    body: (await body.count()) > 0 ? await body.innerText() : "",
    url: await operation.locator(".request-url").innerText(),
  };
}

/** Enters a token as a person does. */
async function authorize(page: Page, token: string): Promise<void> {
  await page.locator(".scheme-container").getByRole("button", { name: "Authorize" }).click();
  const dialog = page.locator(".modal-ux");
  await dialog.getByRole("textbox").fill(token);
  await dialog.getByRole("button", { name: "Apply credentials" }).click();
  await dialog.getByRole("button", { name: "Close" }).last().click();
}

test("a newcomer signs up and gets a token by pressing Execute", async ({ page, context, site, way }) => {
  await page.goto(docs(site, way).auth);
  await expect(page).toHaveTitle("auth-service API");
  const signUp = await open(page, "Sign up");
  // The prefilled body as it stands: somebody may have pressed the button before.
  const first = await execute(signUp);
  expect(first.url).toBe(`${site.auth}/api/auth/sign-up/email`);
  expect([200, 422]).toContain(first.status);
  expect(await execute(await open(page, "Sign in"))).toMatchObject({ status: 200 });
  expect((await context.cookies()).map(({ name }) => name)).toContain("better-auth.session_token");
  const session = await execute(await open(page, "Get the current session"));
  expect(session).toMatchObject({ status: 200, body: expect.stringContaining("alice@example.com") as string });
  const token = await execute(await open(page, "Get an access token"));
  expect(token).toMatchObject({ status: 200, body: expect.stringContaining('"token"') as string });
  expect(await execute(await open(page, "List the live sessions"))).toMatchObject({ status: 200 });
});

test("a newcomer tries every operation on a task by pressing Execute", async ({ page, person, site, way }) => {
  await page.goto(docs(site, way).tasks);
  await expect(page).toHaveTitle("task-service API");
  if (way === "across origins") {
    await authorize(page, await tokenOf(page.request, site));
  }
  const created = await execute(await open(page, "Create a task"));
  expect(created).toMatchObject({ status: 201, url: `${site.tasks}/api/me/tasks` });
  const { id, user_id } = JSON.parse(created.body) as { id: string; user_id: string };
  expect(user_id).toBe(person.id);
  expect(await execute(await open(page, "List tasks"))).toMatchObject({
    status: 200,
    body: expect.stringContaining(id) as string,
  });
  for (const [summary, status] of [
    ["Get a task", 200],
    ["Update a task", 200],
    ["Replace a task", 200],
    ["Mark a task as done or not done", 200],
    ["Delete a task", 204],
  ] as const) {
    const answer = await execute(await open(page, summary));
    // The id is the one of the task that was created.
    expect(answer, summary).toMatchObject({ status, url: expect.stringContaining(`/api/me/tasks/${id}`) as string });
  }
});
