import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, fillInSignIn, sessionCookies } from "./fixtures";
import { withOwnStack } from "./own-stack";

// A separate stack, because this test stops its database.
const test = withOwnStack();

test("a sign-out that cannot end the session signs this browser out, and says so", async ({
  page,
  context,
  site,
  person,
}) => {
  await page.goto("/dashboard");
  await expect(page.getByText("Nothing to do")).toBeVisible();
  const postmaster = path.join(path.dirname(site.mail), "postgres/data/postmaster.pid");
  process.kill(Number(readFileSync(postmaster, "utf8").split("\n")[0]), "SIGQUIT");
  await expect.poll(async () => (await page.request.get(`${site.auth}/api/auth/get-session`)).status()).toBe(503);

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/signin?not-ended");
  await expect(page.getByText("the service could not end your session")).toBeVisible();
  expect(await sessionCookies(context)).toEqual([]);
  // The remaining data does not sign anyone in.
  await page.goto("/dashboard");
  await expect(page).toHaveURL("/signin");
  await fillInSignIn(page, person);
  await expect(page.getByText("The service is temporarily unavailable.")).toBeVisible();
});
