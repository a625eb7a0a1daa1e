import { add, row, titles } from "./board";
import { expect, fillInSignIn, sessionCookies, signUp, test } from "./fixtures";

test("US4.1 FR-015 sign-out ends the session, clears the token and leads to the sign-in", async ({
  page,
  context,
  site,
  person,
}) => {
  await page.goto("/dashboard");
  await add(page, `${person.name}'s task`);
  const cookies = await context.cookies();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/signin");
  await expect(page.getByText("Session expired")).toBeHidden();
  expect(await sessionCookies(context)).toEqual([]);
  // The official client's message to other tabs. It does not identify the user.
  const stored = await page.evaluate(() => ({ ...localStorage }) as Record<string, string>);
  expect(Object.keys(stored)).toEqual(["better-auth.message"]);
  expect(stored["better-auth.message"]).not.toContain(person.email);

  // The session itself has ended, not only its cookie.
  await context.addCookies(cookies);
  const session = await context.request.get(`${site.auth}/api/auth/get-session`);
  expect(await session.json()).toBeNull();
  await context.clearCookies();

  // No data comes back or is shown to the next user of this browser.
  await page.goto("/dashboard");
  await expect(page).toHaveURL("/signin");
  await signUp(context.request, site);
  await page.goto("/dashboard");
  await expect(page.getByText("Nothing to do")).toBeVisible();
  await expect(row(page, `${person.name}'s task`)).toBeHidden();
});

test.describe(() => {
  test.use({ kind: "short-lived" });

  test("US4.2 an expired session on a protected page leads to the sign-in with “Session expired”, and back", async ({
    page,
    context,
    person,
  }) => {
    await page.goto("/dashboard?status=completed&search=tea");
    await expect(page.getByText("No matching tasks")).toBeVisible();
    await expect.poll(async () => (await sessionCookies(context)).length, { timeout: 20_000 }).toBe(0);
    await page.reload();
    await expect(page).toHaveURL(/\/signin\?expired/);
    await expect(page.getByText("Session expired. Sign in to continue where you left off.")).toBeVisible();

    await fillInSignIn(page, person);
    await expect(page).toHaveURL("/dashboard?status=completed&search=tea");
    await expect(page.getByRole("searchbox")).toHaveValue("tea");
  });
});

test("US4.3 FR-026 a signed-out user on a protected page is sent to the sign-in, and back after it", async ({
  page,
  registered,
}) => {
  for (const path of ["/dashboard", "/settings"]) {
    await page.goto(path);
    await expect(page).toHaveURL(path === "/dashboard" ? "/signin" : "/signin?next=%2Fsettings");
    await expect(page.getByText("Session expired")).toBeHidden();
  }
  await fillInSignIn(page, registered);
  await expect(page).toHaveURL("/settings");
});

test("signing out and in again in one tab applies to all tabs", async ({ page, context, site }) => {
  const ada = await signUp(context.request, site);
  const other = await context.newPage();
  for (const tab of [page, other]) {
    await tab.goto("/dashboard");
    await expect(tab.getByText("Nothing to do")).toBeVisible();
  }
  // A change in one tab is shown in the other.
  await add(page, "Seen in both");
  await expect(titles(other)).toHaveText(["Seen in both"]);

  await other.getByRole("button", { name: "Sign out" }).click();
  for (const tab of [page, other]) {
    await expect(tab).toHaveURL(/\/signin/);
    await expect(tab.getByText("Session expired")).toBeHidden();
  }
  await fillInSignIn(page, ada);
  for (const tab of [page, other]) {
    await expect(tab).toHaveURL("/dashboard");
    await expect(titles(tab)).toHaveText(["Seen in both"]);
  }
});

test("when a different user signs in in one tab, every tab shows that user", async ({
  page,
  context,
  site,
  registered: bob,
}) => {
  await signUp(context.request, site);
  await page.goto("/dashboard");
  await add(page, "Ada's own");
  const other = await context.newPage();
  await other.goto("/settings");
  await other.getByRole("button", { name: "Sign out" }).click();
  await expect(other).toHaveURL("/signin");
  await fillInSignIn(other, bob);
  for (const tab of [page, other]) {
    await expect(tab.getByRole("banner")).toContainText("Bob");
    await expect(tab.getByText("Nothing to do")).toBeVisible();
  }
});
