import type { Page } from "@playwright/test";
import { expect, fillInSignIn, signUp, newPerson, test, type Person } from "./fixtures";

async function signInByForm(page: Page, who: Pick<Person, "email" | "password">) {
  await page.goto("/signin");
  await fillInSignIn(page, who);
}

test("US2.1 FR-014 right credentials make a session and a JWT, kept in memory alone, and lead to the dashboard", async ({
  page,
  context,
  site,
  registered,
}) => {
  const asked = page.waitForRequest((request) => request.url().startsWith(`${site.tasks}/api/me/tasks`));
  await signInByForm(page, registered);
  await expect(page).toHaveURL("/dashboard");
  await expect(page.getByText("Nothing to do")).toBeVisible();

  const token = ((await (await asked).headerValue("authorization")) ?? "").replace("Bearer ", "");
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { sub: string };
  expect(claims.sub).toBe(registered.id);
  // No credential is readable by scripts.
  const readable = await page.evaluate(async () => ({
    cookies: document.cookie,
    local: JSON.stringify(localStorage),
    session: JSON.stringify(sessionStorage),
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
  }));
  expect(readable).toEqual({
    cookies: "",
    local: '{"latchkey.signed-in":"1","latchkey.reminded":"1"}',
    session: "{}",
    databases: 0,
    caches: 0,
  });
  const cookies = await context.cookies();
  expect(cookies.map(({ name, httpOnly }) => ({ name, httpOnly }))).toEqual([
    { name: "better-auth.session_token", httpOnly: true },
  ]);
  expect(cookies[0]?.value).not.toContain(token.slice(0, 20));
});

test("US2.2 US2.3 a wrong password and an unknown e-mail both get “Invalid credentials” and no session", async ({
  page,
  context,
  registered,
}) => {
  const wrong = [
    { email: registered.email, password: "not the password" },
    { email: newPerson().email, password: registered.password },
  ];
  for (const credentials of wrong) {
    await signInByForm(page, credentials);
    await expect(page.getByRole("alert").filter({ hasText: /^Invalid credentials$/ })).toBeVisible();
    await expect(page).toHaveURL("/signin");
    await expect(page.getByLabel("Email")).toHaveValue(credentials.email);
    await expect(page.getByLabel("Password")).toHaveValue(credentials.password);
    expect(await context.cookies()).toEqual([]);
  }
});

test("US2.4 FR-027 FR-028 a signed-in user who opens an auth page is sent to the dashboard", async ({
  page,
  person,
}) => {
  for (const path of ["/signin", "/signup"]) {
    await page.goto(path);
    await expect(page).toHaveURL("/dashboard");
    await expect(page.getByRole("banner")).toContainText(person.name);
    await expect(page.getByRole("banner")).toContainText(person.email);
  }
});

test("the page at 127.0.0.1 has a session of its own, since cookies treat it as a different site", async ({
  page,
  context,
  site,
  hosting,
}) => {
  test.skip(hosting === "behind the gateway", "the gateway has one host name");
  const ada = await signUp(context.request, site);
  const other = site.origin.replace("localhost", "127.0.0.1");
  await page.goto(`${other}/dashboard`);
  await expect(page).toHaveURL(`${other}/signin`);
  await fillInSignIn(page, ada);
  await expect(page).toHaveURL(`${other}/dashboard`);
  await expect(page.getByText("Nothing to do")).toBeVisible();
});

test("an unreachable service is reported, and no input is lost", async ({ page, registered }) => {
  await page.route("**/api/auth/sign-in/email", (route) => route.abort("connectionrefused"));
  await signInByForm(page, registered);
  await expect(page.getByRole("alert").filter({ hasText: "The service cannot be reached." })).toBeVisible();
  await page.unroute("**/api/auth/sign-in/email");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL("/dashboard");
});
