// The page follows the settings of the service.
import type { Page } from "@playwright/test";
import { expect, fillInSignIn, newPerson, test } from "./fixtures";
import { inspectPage } from "./inspect-page";
import { withOwnStack } from "./own-stack";

const NEXT = { maximum: "p".repeat(17), minimum: "p".repeat(11), allowed: "p".repeat(12) };

async function fillIn(page: Page, password: string) {
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Create account" }).click();
}

withOwnStack({
  PASSWORD_MIN_LENGTH: "12",
  PASSWORD_MAX_LENGTH: "16",
  AUTO_SIGN_IN: "false",
  CHANGE_EMAIL_ENABLED: "false",
  DELETE_USER_ENABLED: "false",
  TWO_FACTOR_ENABLED: "false",
  DISABLED_PATHS: "/request-password-reset,/send-verification-email",
})("the pages offer only features that the service has enabled", async ({ page }) => {
  const ada = { ...newPerson(), password: NEXT.allowed };
  await test.step("a sign-up applies the password length and leads to sign-in", async () => {
    await page.goto("/signup");
    await page.getByLabel("Name").fill(ada.name);
    await page.getByLabel("Email").fill(ada.email);
    const password = page.getByLabel("Password");
    await expect(password).toHaveAccessibleDescription("At least 12 characters");
    await fillIn(page, NEXT.minimum);
    await expect(password).toHaveAccessibleDescription(/Password must be at least 12 characters/);
    await fillIn(page, NEXT.maximum);
    await expect(password).toHaveAccessibleDescription(/Password must be at most 16 characters/);
    await fillIn(page, ada.password);
    await expect(page.getByRole("heading", { name: "Sign-up complete" })).toBeFocused();
    await expect(page).toHaveTitle("Sign-up complete · Latchkey");
    await page.getByRole("link", { name: "Sign in" }).click();
  });

  await test.step("password reset is off", async () => {
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await expect(page.getByRole("link", { name: "Create an account" })).toBeVisible();
    await expect(page.getByRole("link", { name: "Forgot your password?" })).toBeHidden();
    for (const path of ["/forgot-password", "/reset-password?token=x"]) {
      await page.goto(path);
      await expect(page.getByRole("heading", { name: "Password reset is disabled" })).toBeVisible();
      await expect(page.getByRole("textbox")).toBeHidden();
      await page.getByRole("link", { name: "Back to sign-in" }).click();
      await expect(page).toHaveURL("/signin");
    }
  });

  await test.step("verification is off", async () => {
    await page.goto("/verify-email");
    await expect(page.getByRole("heading", { name: "Email verification is disabled" })).toBeVisible();
    await expect(page.getByRole("textbox")).toBeHidden();
    await page.goto("/signin");
    await fillInSignIn(page, ada);
    await expect(page.getByText("Nothing to do")).toBeVisible();
    await expect(page.getByRole("region", { name: "Verification reminder" })).toBeHidden();
  });

  await test.step("the settings offer neither an email change nor a deletion", async () => {
    await page.getByRole("link", { name: "Settings" }).click();
    const headings = ["Name", "Password", "Signed-in devices", "Recent activity"];
    await expect(page.getByRole("heading", { level: 2 })).toHaveText(headings);
    await expect(page.getByLabel("New password")).toHaveAccessibleDescription("At least 12 characters");
  });
});

withOwnStack({ SIGN_UP_ENABLED: "false" })(
  "if sign-up is disabled, no link leads to it and its page explains that",
  async ({ page, hosting }) => {
    await page.goto("/");
    await expect(page.getByRole("link", { name: "Create an account" })).toBeHidden();
    await page.getByRole("link", { name: "Sign in" }).click();
    await expect(page).toHaveURL("/signin");
    await expect(page.getByRole("link", { name: "Create an account" })).toBeHidden();
    await expect(page.getByRole("link", { name: "Forgot your password?" })).toBeVisible();
    await page.goto("/signup");
    await expect(page.getByRole("heading", { name: "Sign-up is disabled" })).toBeVisible();
    await expect(page).toHaveTitle("Sign-up is disabled · Latchkey");
    await expect(page.getByRole("textbox")).toBeHidden();
    await page.getByRole("link", { name: "Sign in" }).click();
    await expect(page).toHaveURL("/signin");
    if (hosting === "across origins") {
      await inspectPage(
        page,
        { name: "sign-up-disabled", open: async () => void (await page.goto("/signup")) },
        hosting,
      );
    }
  },
);

withOwnStack({ DISABLED_PATHS: "/sign-in/email" })(
  "without a sign-in method, the sign-in page explains that",
  async ({ page }) => {
    await page.goto("/signin");
    await expect(page.getByRole("heading", { name: "Sign-in is disabled" })).toBeVisible();
    await expect(page.getByRole("textbox")).toBeHidden();
    await page.getByRole("link", { name: "Go to the start page" }).click();
    await expect(page).toHaveURL("/");
  },
);

test("a service without capabilities is assumed to offer everything", async ({ page, registered }) => {
  let requests = 0;
  await page.route("**/api/auth/capabilities", (route) => {
    requests += 1;
    return route.abort();
  });
  await page.goto("/signin");
  // The early request and the page's own. No component asks again.
  await expect.poll(() => requests).toBe(2);
  await expect(page.getByRole("link", { name: "Create an account" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Forgot your password?" })).toBeVisible();
  expect(requests).toBe(2);
  await fillInSignIn(page, registered);
  await expect(page.getByText("Nothing to do")).toBeVisible();
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByRole("region", { name: "Email", exact: true })).toBeVisible();
  await expect(page.getByRole("region", { name: "Delete account" })).toBeVisible();
});

test("the capabilities are requested once for all pages", async ({ page, person }) => {
  let requests = 0;
  page.on("request", (request) => (requests += request.url().endsWith("/api/auth/capabilities") ? 1 : 0));
  await page.goto("/dashboard");
  await expect(page.getByRole("banner")).toContainText(person.email);
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page.getByRole("region", { name: "Delete account" })).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/signin");
  await page.getByRole("link", { name: "Create an account" }).click();
  await expect(page.getByRole("heading", { name: "Create an account" })).toBeVisible();
  expect(requests).toBe(1);
});
