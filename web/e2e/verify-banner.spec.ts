import type { Page } from "@playwright/test";
import { VERIFY } from "./by-mail";
import { expect, fillInSignIn, test } from "./fixtures";
import { linkIn, mailTo } from "./mailbox";

function banner(page: Page) {
  return page.getByRole("region", { name: "Verification reminder" });
}

test("a user with an unverified email is reminded and gets the link", async ({ page, context, site, person }) => {
  for (const path of ["/dashboard", "/settings"]) {
    await page.goto(path);
    await expect(banner(page)).toContainText("Your email is not verified yet.");
  }
  await banner(page).getByRole("button", { name: "Send link" }).click();
  await expect(banner(page).getByRole("status")).toHaveText(
    `A link is on its way to ${person.email}. Open it in this browser.`,
  );
  await expect(banner(page).getByRole("button", { name: "Send again" })).toHaveAttribute("aria-disabled", "true");
  const other = await context.newPage();
  await other.goto(linkIn(await mailTo(site, person.email, VERIFY)));
  await expect(other.getByRole("heading", { name: "Email verified" })).toBeVisible();
  // Both tabs update immediately.
  await expect(banner(page)).toBeHidden();
  await other.getByRole("link", { name: "Go to your tasks" }).click();
  await expect(other.getByText("Nothing to do")).toBeVisible();
  await expect(banner(other)).toBeHidden();
});

test("the reminder can be dismissed by keyboard for the rest of the session", async ({ page, person }) => {
  await page.goto("/dashboard");
  await banner(page).getByRole("button", { name: "Not now" }).focus();
  await page.keyboard.press("Enter");
  await expect(banner(page)).toBeHidden();
  await expect(page.getByRole("link", { name: "Tasks" })).toBeFocused();
  for (const path of ["/settings", "/dashboard"]) {
    await page.goto(path);
    await expect(page.getByRole("banner")).toContainText(person.email);
    await expect(banner(page)).toBeHidden();
  }
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/signin");
  await fillInSignIn(page, person);
  await expect(banner(page)).toBeVisible();
});

test("a reminder whose link cannot be sent explains why", async ({ page, person }) => {
  await page.route("**/api/auth/send-verification-email", (route) => route.abort("connectionrefused"));
  await page.goto("/dashboard");
  await banner(page).getByRole("button", { name: "Send link" }).click();
  await expect(banner(page).getByRole("alert")).toContainText("The service cannot be reached.");
  await page.unroute("**/api/auth/send-verification-email");
  await banner(page).getByRole("button", { name: "Send link" }).click();
  await expect(banner(page).getByRole("status")).toContainText(person.email);
});
