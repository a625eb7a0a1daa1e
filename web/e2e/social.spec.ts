// Sign-in and sign-up with providers.
import type { Page } from "@playwright/test";
import { expect, fillInSignIn, newPerson, test } from "./fixtures";
import { inspectPage } from "./inspect-page";
import { answers, AT_PROVIDER, offer, PROVIDERS, sendToProvider, signInAs } from "./providers";

const LABELS = PROVIDERS.map(({ name }) => `Continue with ${name}`);

function buttons(page: Page) {
  return page.getByRole("button", { name: /^Continue with / });
}

test.describe("the buttons of the providers", () => {
  test("are on the pages of sign-in and sign-up, below the form", async ({ page }) => {
    await offer(page);
    for (const path of ["/signin", "/signup"]) {
      await page.goto(path);
      await expect(buttons(page)).toHaveText(LABELS.map((label) => new RegExp(`${label}$`)));
      const form = await page.locator("form").boundingBox();
      const first = await buttons(page).first().boundingBox();
      expect(first?.y).toBeGreaterThan((form?.y ?? 0) + (form?.height ?? 0));
    }
  });

  test("appear without moving anything, however late", async ({ page, watched }) => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await offer(page);
    await page.route("**/api/auth/capabilities", async (route) => {
      await released;
      await route.fallback();
    });
    for (const path of ["/signin", "/signup"]) {
      await page.setViewportSize({ width: 360, height: 1200 });
      await page.goto(path);
      await expect(page.locator("button[type=submit]")).toBeEnabled();
      const before = await page.getByRole("main").getByRole("link").last().boundingBox();
      release();
      await expect(buttons(page)).toHaveCount(PROVIDERS.length);
      expect(await page.getByRole("main").getByRole("link").last().boundingBox()).toEqual(before);
    }
    watched.check();
  });

  test("lead to the provider, and from there to the page that asked for the sign-in", async ({ page, site }) => {
    await offer(page);
    const bodies = await sendToProvider(page, "sign-in/social");
    await page.goto("/signin?expired&next=%2Fsettings%23password");
    await page.getByRole("button", { name: "Continue with GitHub" }).click();
    await expect(page).toHaveURL(AT_PROVIDER);
    expect(bodies).toEqual([
      {
        provider: "github",
        callbackURL: `${site.origin}/settings#password`,
        errorCallbackURL: `${site.origin}/signin?next=%2Fsettings%23password`,
      },
    ]);
  });

  test("lead to the application that sent the browser here", async ({ page, site }) => {
    await offer(page);
    const bodies = await sendToProvider(page, "sign-in/social");
    const application = "https://application.example/start";
    await page.goto(`/signin?callbackURL=${encodeURIComponent(application)}`);
    await page.getByRole("button", { name: "Continue with Google" }).click();
    await expect(page).toHaveURL(AT_PROVIDER);
    expect(bodies).toEqual([
      {
        provider: "google",
        callbackURL: application,
        errorCallbackURL: `${site.origin}/signin?callbackURL=${encodeURIComponent(application)}`,
      },
    ]);
  });

  test("request an account on the sign-up page", async ({ page, site }) => {
    await offer(page);
    const bodies = await sendToProvider(page, "sign-in/social");
    await page.goto("/signup");
    await page.getByRole("button", { name: "Continue with Acme" }).click();
    await expect(page).toHaveURL(AT_PROVIDER);
    expect(bodies).toEqual([
      {
        provider: "acme",
        callbackURL: `${site.origin}/dashboard`,
        errorCallbackURL: `${site.origin}/signin`,
        requestSignUp: true,
      },
    ]);
  });

  test("send one request, even for a double click, and work again after a return", async ({ page }) => {
    await offer(page);
    const bodies = await sendToProvider(page, "sign-in/social");
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route("**/api/auth/sign-in/social", async (route) => {
      await released;
      await route.fallback();
    });
    await page.goto("/signin");
    await page.getByRole("button", { name: "Continue with Google" }).dblclick();
    await expect(page.getByRole("button", { name: "One moment…" })).toHaveAttribute("aria-disabled", "true");
    // While the browser is being sent to one provider, the others cannot be chosen.
    await page.getByRole("button", { name: "Continue with GitHub" }).press("Enter");
    release();
    await expect(page).toHaveURL(AT_PROVIDER);
    expect(bodies).toHaveLength(1);
    await page.goBack();
    await page.getByRole("button", { name: "Continue with GitHub" }).click();
    await expect(page).toHaveURL(AT_PROVIDER);
    expect(bodies).toHaveLength(2);
  });

  test("explain why a request failed, and can be used again", async ({ page, context }) => {
    await offer(page);
    await page.goto("/signin");
    const google = page.getByRole("button", { name: "Continue with Google" });
    const group = page.getByRole("group", { name: "Other ways to continue" });
    const url = "**/api/auth/sign-in/social";
    const failures: [status: number, body: object, headers: Record<string, string>, text: string][] = [
      [429, { message: "Too many requests" }, { "x-retry-after": "7" }, "Too many attempts. Try again in 7 seconds."],
      [503, {}, {}, "The service is temporarily unavailable. Please try again in a moment."],
      [500, {}, {}, "Something went wrong. Please try again."],
      [404, { code: "PROVIDER_NOT_FOUND" }, {}, "This provider is no longer available."],
    ];
    for (const [status, body, headers, text] of failures) {
      await page.route(url, (route) => route.fulfill(answers(page, status, body, headers)), { times: 1 });
      await google.click();
      await expect(group.getByRole("alert")).toContainText(text);
      await expect(google).not.toHaveAttribute("aria-disabled");
    }
    await context.setOffline(true);
    await google.click();
    await expect(group.getByRole("alert")).toContainText("The service cannot be reached.");
    await context.setOffline(false);
    await sendToProvider(page, "sign-in/social");
    await google.click();
    await expect(page).toHaveURL(AT_PROVIDER);
  });
});

test("without passwords, the pages offer only the providers", async ({ page }) => {
  await offer(page, { methods: ["social"] });
  await page.goto("/signin");
  await expect(buttons(page)).toHaveCount(PROVIDERS.length);
  await expect(page.getByRole("textbox")).toBeHidden();
  await expect(page.getByRole("link", { name: "Forgot your password?" })).toBeHidden();
  await page.getByRole("link", { name: "Create an account" }).click();
  await expect(page.getByRole("heading", { name: "Create an account" })).toBeVisible();
  await expect(buttons(page)).toHaveCount(PROVIDERS.length);
  await expect(page.getByRole("textbox")).toBeHidden();
});

test("a service without providers, or an older one, shows no buttons", async ({ page }) => {
  await page.goto("/signin");
  await expect(page.getByRole("link", { name: "Create an account" })).toBeVisible();
  await expect(buttons(page)).toHaveCount(0);
  // Providers are configured, but their endpoint is disabled.
  await offer(page, { methods: ["email-password"] });
  const capabilities = page.waitForResponse("**/api/auth/capabilities");
  await page.reload();
  await capabilities;
  await expect(page.getByRole("button", { name: "Sign in" })).toBeEnabled();
  await expect(buttons(page)).toHaveCount(0);
});

test.describe("a sign-in that a provider ended with an error", () => {
  const CASES: [code: string, text: RegExp][] = [
    ["access_denied", /^Access was cancelled or denied at the provider\.$/],
    ["account_not_linked", /^An account with this email exists, /],
    ["BANNED_USER", /^You have been banned\./],
  ];
  for (const [code, text] of CASES) {
    test(`is explained: ${code}`, async ({ page }) => {
      await page.goto(`/signin?next=%2Fsettings&error=${code}&error_description=Call+555-0100`);
      await expect(page.getByRole("main").getByRole("alert")).toHaveText(text);
      await expect(page).toHaveURL("/signin?next=%2Fsettings");
      await page.reload();
      await expect(page.getByRole("button", { name: "Sign in" })).toBeEnabled();
      await expect(page.getByRole("main").getByRole("alert")).toBeHidden();
    });
  }

  test("never shows text of the URL, and a new attempt replaces the message", async ({ page }) => {
    await page.goto("/signin?error=Your+account+is+locked.+Call+555-0100");
    const alert = page.getByRole("main").getByRole("alert");
    await expect(alert).toHaveText("The request could not be completed. Please try again.");
    await expect(page).toHaveURL("/signin");
    await fillInSignIn(page, newPerson());
    await expect(alert).toHaveText("Invalid credentials");
  });
});

test("the pages with providers are accessible in light and dark, from phone to desktop", async ({ page, hosting }) => {
  test.skip(hosting !== "across origins", "the pages look the same in both setups");
  test.slow();
  await offer(page);
  const at = (name: string, path: string) => ({
    name,
    open: async (opened: Page) => {
      await opened.goto(path);
      await expect(buttons(opened)).toHaveCount(PROVIDERS.length);
    },
  });
  await inspectPage(page, at("sign-in-providers", "/signin"), hosting);
  await inspectPage(page, at("sign-up-providers", "/signup"), hosting);
  await inspectPage(page, at("sign-in-providers-error", "/signin?error=account_not_linked"), hosting);
  await page.unrouteAll();
  await offer(page, { methods: ["social"] });
  await inspectPage(page, at("sign-in-providers-only", "/signin"), hosting);
});

test.describe("with a provider that answers", () => {
  test.use({ kind: "social" });

  test("the pages offer the providers in the order of the setting", async ({ page }) => {
    for (const path of ["/signin", "/signup"]) {
      await page.goto(path);
      await expect(buttons(page)).toHaveText([/with Google$/, /with GitHub$/, /with Acme$/]);
    }
  });

  test("a new user signs up with a provider and signs in with it again", async ({ page, context, site }) => {
    const { email } = newPerson();
    await signInAs(context.request, site, { email, name: "Grace Hopper" });
    await page.goto("/signup");
    await page.getByRole("button", { name: "Continue with Acme" }).click();
    await expect(page).toHaveURL("/dashboard");
    await expect(page.getByRole("banner")).toContainText("Grace Hopper");
    await expect(page.getByRole("banner")).toContainText(email);
    await expect(page.getByText("Nothing to do")).toBeVisible();
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page).toHaveURL("/signin");
    await page.getByRole("button", { name: "Continue with Acme" }).click();
    await expect(page).toHaveURL("/dashboard");
    await expect(page.getByRole("banner")).toContainText(email);
  });

  for (const name of ["Google", "GitHub", "Acme"]) {
    test(`a sign-in with ${name} leads to the page that asked for it`, async ({ page, context, site }) => {
      const { email } = newPerson();
      await signInAs(context.request, site, { email });
      await page.goto("/settings");
      await expect(page).toHaveURL("/signin?next=%2Fsettings");
      await page.getByRole("button", { name: `Continue with ${name}` }).click();
      await expect(page).toHaveURL("/settings");
      await expect(page.getByRole("banner")).toContainText(email);
    });
  }

  test("a sign-in that was cancelled at the provider can be repeated", async ({ page, context, site }) => {
    const { email } = newPerson();
    await signInAs(context.request, site, { email, error: "access_denied" });
    await page.goto("/signin?next=%2Fsettings");
    await page.getByRole("button", { name: "Continue with Acme" }).click();
    await expect(page.getByRole("main").getByRole("alert")).toHaveText(
      "Access was cancelled or denied at the provider.",
    );
    await expect(page).toHaveURL("/signin?next=%2Fsettings");
    await signInAs(context.request, site, { email });
    await page.getByRole("button", { name: "Continue with Acme" }).click();
    await expect(page).toHaveURL("/settings");
  });

  test("a provider does not sign in to an account that is not linked to it", async ({
    page,
    context,
    site,
    registered,
  }) => {
    // Neither side has verified the email.
    await signInAs(context.request, site, { email: registered.email, email_verified: false });
    await page.goto("/signin");
    await page.getByRole("button", { name: "Continue with Acme" }).click();
    await expect(page.getByRole("main").getByRole("alert")).toContainText("An account with this email exists");
    await page.goto("/dashboard");
    await expect(page).toHaveURL("/signin");
  });
});
