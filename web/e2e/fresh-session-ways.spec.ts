// Sessions that are too old for a change, of users who sign in with more or with less than a password.
import type { Page } from "@playwright/test";
import { expect, newPerson, test } from "./fixtures";
import { linkIn, mailTo } from "./mailbox";
import { answers } from "./providers";
import { challenged, codeTo, enterCode, protect, SIGN_IN_CODE, SIGN_IN_LINK } from "./second-factors";

test.use({ kind: "second factors" });

/** Makes the session too old to list devices until the returned function is called. */
async function stale(page: Page): Promise<() => Promise<void>> {
  const url = "**/api/auth/list-sessions";
  await page.route(url, (route) => route.fulfill(answers(page, 403, { code: "SESSION_NOT_FRESH" })));
  return () => page.unroute(url);
}

function devices(page: Page) {
  return page.getByRole("region", { name: "Signed-in devices" });
}

test("the second factor follows the password, and leads back to the settings", async ({
  page,
  context,
  site,
  person,
}) => {
  const { app } = await protect(context.request, site, person);
  const freshen = await stale(page);
  await page.goto("/settings");
  await devices(page).getByRole("button", { name: "Show devices" }).click();
  const dialog = page.getByRole("dialog", { name: "Confirm your password" });
  await dialog.getByLabel("Password").fill(person.password);
  await dialog.getByRole("button", { name: "Continue" }).click();
  await challenged(page);
  await freshen();
  await enterCode(page, await app.code());
  await expect(page).toHaveURL("/settings");
  // The session that was too old is not listed as another device.
  await expect(devices(page).getByRole("listitem")).toHaveCount(1);
  await expect(devices(page)).toContainText("This device");
});

test("a user without a password confirms with a code by email, and the change continues", async ({ page, site }) => {
  const ada = newPerson();
  await page.goto("/signin");
  await page.getByRole("button", { name: "Email me a code" }).click();
  await page.getByLabel("Email").fill(ada.email);
  await page.getByRole("button", { name: "Send code" }).click();
  const first = await mailTo(site, ada.email, SIGN_IN_CODE);
  await page.getByLabel("Code", { exact: true }).fill(await codeTo(site, ada.email, SIGN_IN_CODE));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).toHaveURL("/dashboard");

  const freshen = await stale(page);
  await page.goto("/settings");
  await devices(page).getByRole("button", { name: "Show devices" }).click();
  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await dialog.getByRole("button", { name: "Email me a code" }).click();
  const code = dialog.getByLabel("Code", { exact: true });
  await expect(code).toBeFocused();
  await code.fill("000000");
  await dialog.getByRole("button", { name: "Continue" }).click();
  await expect(code).toHaveAccessibleDescription(/Incorrect code\./);
  await code.fill(await codeTo(site, ada.email, SIGN_IN_CODE, first));
  await freshen();
  await dialog.getByRole("button", { name: "Continue" }).click();
  await expect(dialog).toBeHidden();
  await expect(devices(page).getByRole("listitem")).toHaveCount(1);
  await expect(devices(page)).toContainText("This device");
});

test("a user without a password signs in again with a link, if there are no codes", async ({ page, site }) => {
  const ada = newPerson();
  await page.route("**/api/auth/capabilities", async (route) => {
    const response = await route.fetch();
    const capabilities = (await response.json()) as object;
    await route.fulfill({ response, json: { ...capabilities, signInMethods: ["magic-link"] } });
  });
  await page.goto("/signin");
  await page.getByRole("button", { name: "Email me a sign-in link" }).click();
  await page.getByLabel("Email").fill(ada.email);
  await page.getByRole("button", { name: "Send link" }).click();
  // The mail may arrive before the response, which marks the browser.
  await expect(page.getByRole("heading", { name: "Check your email" })).toBeVisible();
  const first = await mailTo(site, ada.email, SIGN_IN_LINK);
  await page.goto(linkIn(first));
  await expect(page).toHaveURL("/dashboard");

  const freshen = await stale(page);
  await page.goto("/settings");
  await devices(page).getByRole("button", { name: "Show devices" }).click();
  const dialog = page.getByRole("dialog", { name: "Sign in again" });
  await dialog.getByRole("button", { name: "Email me a sign-in link" }).click();
  await expect(dialog.getByRole("status").first()).toContainText(`The email was sent to ${ada.email}.`);
  await freshen();
  await page.goto(linkIn(await mailTo(site, ada.email, SIGN_IN_LINK, first)));
  await expect(page).toHaveURL("/settings");
  await expect(devices(page)).toContainText("This device");
});
