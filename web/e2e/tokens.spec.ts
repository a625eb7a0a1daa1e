import type { Page, Request } from "@playwright/test";
import { add, fetchFromPage, row, titles } from "./board";
import { expect, fillInSignIn, sessionCookies, test, tokenOf } from "./fixtures";
import type { Site } from "./stack/environment";

test.use({ kind: "short-lived" });

/** An unused session expires after eight seconds. */
const SESSION_ENDS = { timeout: 20_000 };

function endOf(token: string): number {
  const { exp } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { exp: number };
  return exp * 1000;
}

/** Collects the distinct tokens that the page sends to the task service. */
function tokensOf(page: Page, site: Site): Set<string> {
  const seen = new Set<string>();
  page.on("request", (request: Request) => {
    const header = request.headers()["authorization"];
    if (header && request.url().startsWith(`${site.tasks}/api/me/tasks`)) {
      seen.add(header.replace("Bearer ", ""));
    }
  });
  return seen;
}

async function endedToken(tokens: Set<string>): Promise<string> {
  const [first = ""] = tokens;
  await expect.poll(() => Date.now() > endOf(first), SESSION_ENDS).toBe(true);
  return first;
}

test("a token is renewed before it expires, without the user noticing", async ({ page, site, person }) => {
  const refused: string[] = [];
  page.on("response", (answer) => answer.status() === 401 && refused.push(answer.url()));
  const tokens = tokensOf(page, site);
  await page.goto("/dashboard");
  await add(page, "Before the end");
  const first = await endedToken(tokens);
  await add(page, "After the end");
  expect(tokens.size).toBeGreaterThan(1);
  expect(refused).toEqual([]);
  // The service no longer accepts the first token.
  expect(await fetchFromPage(page, `${site.tasks}/api/${person.id}/tasks`, { token: first })).toMatchObject({
    status: 401,
  });
});

test("US3.3 an expired token is 401: the page renews it once and repeats what it asked", async ({
  page,
  site,
  person,
}) => {
  const asked: [status: number, method: string][] = [];
  page.on("response", (answer) => {
    if (answer.url().startsWith(`${site.tasks}/api/me/tasks`) && answer.request().method() === "POST") {
      asked.push([answer.status(), answer.request().method()]);
    }
  });
  const tokens = tokensOf(page, site);
  // With a stopped clock, the page believes that its token never expires.
  await page.clock.setFixedTime(Date.now());
  await page.goto("/dashboard");
  await expect(page.getByText("Nothing to do")).toBeVisible();
  await endedToken(tokens);
  await add(page, `${person.name} is late`);
  expect(asked).toEqual([
    [401, "POST"],
    [201, "POST"],
  ]);
  await expect(titles(page)).toHaveText([`${person.name} is late`]);
});

test("concurrent requests that need a token cause one token request", async ({ page, context, site, person }) => {
  await page.goto("/dashboard");
  await expect(page.getByText("Nothing to do")).toBeVisible();
  let renewals = 0;
  const token = await tokenOf(context.request, site);
  await expect.poll(() => Date.now() > endOf(token), SESSION_ENDS).toBe(true);
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  await page.route("**/api/auth/token", async (route) => {
    renewals += 1;
    await held;
    await route.continue();
  });
  // Each search is a separate request that does not wait for the others.
  for (const word of ["one", "two", "three"]) {
    await page.getByRole("searchbox").fill(word);
    await expect(page).toHaveURL(new RegExp(`search=${word}`));
  }
  await page.getByRole("searchbox").fill("");
  await page.getByRole("textbox", { name: "New task", exact: true }).fill(`For ${person.name}`);
  await page.keyboard.press("Enter");
  await expect.poll(() => renewals).toBe(1);
  answer();
  await expect(page.getByRole("checkbox")).toBeEnabled();
  expect(renewals).toBe(1);
});

test("an expired session leads to sign-in with “Session expired” and back, and keeps all input", async ({
  page,
  context,
  person,
}) => {
  const quickAdd = page.getByRole("textbox", { name: "New task", exact: true });
  const title = page.getByRole("textbox", { name: "Title" });
  await page.goto("/dashboard");
  await add(page, "Made in time");
  await row(page, "Made in time").getByRole("button", { name: "Edit Made in time" }).click();
  await title.fill("Changed too late");
  await expect.poll(async () => (await sessionCookies(context)).length, SESSION_ENDS).toBe(0);
  await quickAdd.fill("Made too late");
  await quickAdd.press("Enter");
  await expect(page).toHaveURL("/signin?expired");
  await expect(page.getByText("Session expired. Sign in to continue where you left off.")).toBeVisible();

  await fillInSignIn(page, person);
  await expect(page).toHaveURL("/dashboard");
  await expect(title).toHaveValue("Changed too late");
  await expect(quickAdd).toHaveValue("Made too late");
  await title.press("Enter");
  await quickAdd.press("Enter");
  await expect(titles(page)).toHaveText(["Made too late", "Changed too late"]);
  await expect(quickAdd).toHaveValue("");
});
