// The sign-in methods in the settings: the password and accounts at providers.
import type { Page } from "@playwright/test";
import { violationsOf } from "./axe";
import { expect, fillInSignIn, newPerson, test, type Person } from "./fixtures";
import { inspectPage } from "./inspect-page";
import { linkIn, mailTo } from "./mailbox";
import { answers, AT_PROVIDER, offer, PROVIDERS, sendToProvider, signInAs } from "./providers";

/** The number of rows: the password and each provider. */
const ROWS = PROVIDERS.length + 1;

interface Account {
  id: string;
  providerId: string;
  accountId: string;
  userId: string;
  createdAt: string;
  updatedAt: string;
  scopes: string[];
}

function account(providerId: string): Account {
  const at = "2026-11-03T12:00:00.000Z";
  return { id: `id-${providerId}`, providerId, accountId: "x", userId: "y", createdAt: at, updatedAt: at, scopes: [] };
}

/** Makes the service list accounts of these providers. The returned list can be changed. */
async function listed(page: Page, ...providers: string[]): Promise<Account[]> {
  const accounts = providers.map(account);
  await page.route("**/api/auth/list-accounts", (route) => route.fulfill(answers(page, 200, accounts)));
  return accounts;
}

/** Makes the service unlink accounts of the list. Returns the bodies of the requests. */
async function unlinkable(page: Page, accounts: Account[]): Promise<object[]> {
  const bodies: object[] = [];
  await page.route("**/api/auth/unlink-account", async (route) => {
    const body = route.request().postDataJSON() as { accountId: string };
    bodies.push(body);
    accounts.splice(
      accounts.findIndex(({ id }) => id === body.accountId),
      1,
    );
    await route.fulfill(answers(page, 200, { status: true }));
  });
  return bodies;
}

function methods(page: Page) {
  return page.getByRole("region", { name: "Sign-in methods" });
}

function row(page: Page, name: string) {
  return methods(page).getByRole("listitem").filter({ hasText: name });
}

async function unlink(page: Page, name: string, answer = "Unlink"): Promise<void> {
  await methods(page)
    .getByRole("button", { name: new RegExp(`^Unlink ${name}, linked on `) })
    .click();
  await page
    .getByRole("dialog", { name: `Unlink ${name}?` })
    .getByRole("button", { name: answer })
    .click();
}

// The services of the kind `social` have providers of their own.
test.beforeEach(({ page, kind }) => (kind === "social" ? undefined : offer(page)));

test("the password and each provider are listed, with the day on which an account was linked", async ({
  page,
  person,
}) => {
  await listed(page, "credential", "github");
  await page.goto("/settings");
  await expect(page.getByRole("banner")).toContainText(person.email);
  await expect(methods(page).getByRole("listitem")).toHaveText([
    /^PasswordSet$/,
    /Google *Not linked *Link Google/,
    /GitHub *Linked on 3 Nov 2026 *Unlink/,
    /Apple *Not linked *Link Apple/,
    /Microsoft *Not linked *Link Microsoft/,
    /Acme *Not linked *Link Acme/,
  ]);
});

test("without providers, the section is not there and nothing is requested", async ({ page, person }) => {
  await page.unrouteAll();
  let requests = 0;
  page.on("request", (request) => (requests += request.url().endsWith("/list-accounts") ? 1 : 0));
  await page.goto("/settings");
  await expect(page.getByRole("banner")).toContainText(person.email);
  await expect(page.getByRole("region", { name: "Delete account" })).toBeVisible();
  await expect(methods(page)).toHaveCount(0);
  expect(requests).toBe(0);
});

test("the list arrives without moving anything", async ({ page, person, watched }) => {
  await page.setViewportSize({ width: 360, height: 1600 });
  await listed(page, "github");
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/api/auth/list-accounts", async (route) => {
    await released;
    await route.fallback();
  });
  await page.goto("/settings");
  await expect(page.getByRole("banner")).toContainText(person.email);
  await expect(methods(page)).toContainText("Loading…");
  await expect(methods(page).getByRole("listitem")).toHaveCount(ROWS);
  const before = await methods(page).boundingBox();
  release();
  await expect(row(page, "GitHub")).toContainText("Linked on");
  await expect(page.getByRole("region", { name: "Signed-in devices" })).toContainText("This device");
  expect(await methods(page).boundingBox()).toEqual(before);
  watched.check();
});

test("a list that fails to load can be requested again", async ({ page, person }) => {
  await page.route("**/api/auth/list-accounts", (route) => route.fulfill(answers(page, 400, { code: "ODD" })));
  await page.goto("/settings");
  await expect(page.getByRole("banner")).toContainText(person.email);
  await expect(methods(page).getByRole("alert")).toHaveText("Something went wrong. Please try again.");
  // The other sections do not depend on it.
  await expect(page.getByRole("region", { name: "Password" })).toBeVisible();
  await page.unroute("**/api/auth/list-accounts");
  await methods(page).getByRole("button", { name: "Try again" }).click();
  await expect(row(page, "Password")).toContainText("Set");
});

test.describe("linking", () => {
  test("leads to the provider and back to the settings", async ({ page, site, person }) => {
    const accounts = await listed(page, "credential");
    const bodies = await sendToProvider(page, "link-social");
    await page.goto("/settings");
    await expect(page.getByRole("banner")).toContainText(person.email);
    await methods(page).getByRole("button", { name: "Link Google" }).click();
    await expect(page).toHaveURL(AT_PROVIDER);
    const back = `${site.origin}/settings?linked=google`;
    expect(bodies).toEqual([{ provider: "google", callbackURL: back, errorCallbackURL: `${site.origin}/settings` }]);

    accounts.push(account("google"));
    await page.goto(back);
    await expect(methods(page).getByRole("status")).toHaveText("Google linked.");
    await expect(methods(page).getByRole("heading")).toBeFocused();
    await expect(methods(page)).toBeInViewport();
    await expect(page).toHaveURL("/settings");
    await page.reload();
    await expect(row(page, "Google")).toContainText("Linked on");
    await expect(methods(page).getByText("Google linked.")).toBeHidden();
  });

  test("is reported only if the service lists the account", async ({ page, person }) => {
    await listed(page, "credential");
    await page.goto("/settings?linked=google");
    await expect(page.getByRole("banner")).toContainText(person.email);
    await expect(row(page, "Google")).toContainText("Not linked");
    await expect(methods(page).getByText("Google linked.")).toBeHidden();
    await expect(page).toHaveURL("/settings");
  });

  test("that failed at the provider is explained", async ({ page, person }) => {
    await listed(page, "credential");
    await page.goto("/settings?error=account_already_linked_to_different_user&error_description=Call+555-0100");
    await expect(page.getByRole("banner")).toContainText(person.email);
    await expect(methods(page).getByRole("alert")).toHaveText(
      "This account at the provider is already linked to another user.",
    );
    await expect(methods(page).getByRole("heading")).toBeFocused();
    await expect(page).toHaveURL("/settings");
  });

  test("that the service refuses is explained", async ({ page, person }) => {
    await listed(page, "credential");
    await page.goto("/settings");
    await expect(page.getByRole("banner")).toContainText(person.email);
    const google = methods(page).getByRole("button", { name: "Link Google" });
    await page.route("**/api/auth/link-social", (route) =>
      route.fulfill(answers(page, 429, {}, { "x-retry-after": "9" })),
    );
    await google.click();
    await expect(methods(page).getByRole("alert")).toHaveText("Too many attempts. Try again in 9 seconds.");
    await expect(google).not.toHaveAttribute("aria-disabled");
  });
});

test.describe("unlinking", () => {
  test("asks first", async ({ page, person }) => {
    const accounts = await listed(page, "credential", "google");
    const bodies = await unlinkable(page, accounts);
    await page.goto("/settings");
    await expect(page.getByRole("banner")).toContainText(person.email);
    await unlink(page, "Google", "Cancel");
    await expect(row(page, "Google")).toContainText("Linked on");
    await expect(methods(page).getByRole("button", { name: /^Unlink Google/ })).toBeFocused();
    expect(bodies).toEqual([]);

    await unlink(page, "Google");
    await expect(row(page, "Google")).toContainText("Not linked");
    await expect(methods(page).getByText("Google unlinked.")).toBeVisible();
    await expect(methods(page).getByRole("heading")).toBeFocused();
    expect(bodies).toEqual([{ accountId: "id-google" }]);
  });

  test("is not possible for the last sign-in method", async ({ page, person }) => {
    await listed(page, "google");
    await page.goto("/settings");
    await expect(page.getByRole("banner")).toContainText(person.email);
    const button = methods(page).getByRole("button", { name: /^Unlink Google/ });
    await expect(button).toHaveAttribute("aria-disabled", "true");
    await expect(button).toHaveAccessibleDescription(
      "You need at least one way to sign in, so the last one cannot be unlinked.",
    );
    await button.press("Enter");
    await expect(page.getByRole("dialog")).toBeHidden();
  });

  test("that the service refuses is explained", async ({ page, person }) => {
    await listed(page, "google", "github");
    await page.goto("/settings");
    await expect(page.getByRole("banner")).toContainText(person.email);
    await page.route("**/api/auth/unlink-account", (route) =>
      route.fulfill(answers(page, 400, { code: "FAILED_TO_UNLINK_LAST_ACCOUNT" })),
    );
    await unlink(page, "Google");
    await expect(methods(page).getByRole("alert")).toHaveText(/^This is your only way to sign in\./);
    await expect(row(page, "Google")).toContainText("Linked on");
  });

  /** The service refuses the first request. */
  async function stale(page: Page): Promise<void> {
    await page.route(
      "**/api/auth/unlink-account",
      (route) => route.fulfill(answers(page, 403, { code: "SESSION_NOT_FRESH" })),
      { times: 1 },
    );
  }

  test("asks for the password in a session that is not fresh", async ({ page, person }) => {
    const accounts = await listed(page, "credential", "google");
    const bodies = await unlinkable(page, accounts);
    await stale(page);
    await page.goto("/settings");
    await expect(page.getByRole("banner")).toContainText(person.email);
    await unlink(page, "Google");
    const dialog = page.getByRole("dialog", { name: "Confirm your password" });
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await expect(methods(page).getByRole("alert")).toHaveText(
      "Google is still linked. Confirm your identity to unlink it.",
    );
    expect(bodies).toEqual([]);

    await stale(page);
    await unlink(page, "Google");
    await dialog.getByLabel("Password").fill(person.password);
    await dialog.getByLabel("Password").press("Enter");
    await expect(methods(page).getByText("Google unlinked.")).toBeVisible();
    expect(bodies).toEqual([{ accountId: "id-google" }]);
  });

  test("offers to sign in again to a user without a password", async ({ page, site, person }) => {
    await listed(page, "google", "github");
    const bodies = await sendToProvider(page, "sign-in/social");
    await stale(page);
    await page.goto("/settings");
    await expect(page.getByRole("banner")).toContainText(person.email);
    await unlink(page, "Google");
    const dialog = page.getByRole("dialog", { name: "Sign in again" });
    await expect(dialog.getByRole("button")).toHaveText([/Continue with Google$/, /Continue with GitHub$/, "Cancel"]);
    expect(await violationsOf(page)).toEqual([]);
    await dialog.press("Escape");
    await expect(methods(page).getByRole("alert")).toHaveText(
      "Google is still linked. Confirm your identity to unlink it.",
    );

    await stale(page);
    await unlink(page, "Google");
    await dialog.getByRole("button", { name: "Continue with GitHub" }).click();
    await expect(page).toHaveURL(AT_PROVIDER);
    const back = `${site.origin}/settings`;
    expect(bodies).toEqual([{ provider: "github", callbackURL: back, errorCallbackURL: back }]);
  });
});

test.describe("a user without a password", () => {
  async function open(page: Page, person: Person, path = "/settings"): Promise<void> {
    await listed(page, "google");
    await page.goto(path);
    await expect(page.getByRole("banner")).toContainText(person.email);
    await expect(row(page, "Password")).toContainText("Not set");
  }

  test("can set one with a link in an email", async ({ page, site, person }) => {
    await open(page, person);
    await expect(page.getByRole("region", { name: "Password" })).toHaveCount(0);
    const set = row(page, "Password").getByRole("button", { name: "Set a password" });
    await set.click();
    await expect(row(page, "Password").getByRole("status")).toHaveText(
      `Check your email: the link to set a password was sent to ${person.email}. Setting it signs you out on all devices.`,
    );
    await expect(row(page, "Password").getByRole("button", { name: "Send again" })).toHaveAttribute("aria-disabled");
    const link = linkIn(await mailTo(site, person.email, "Reset your password"));
    await page.goto(link);
    await expect(page.getByRole("heading", { name: "Set a new password" })).toBeVisible();
  });

  test("is not offered one if the service cannot send the link", async ({ page, person }) => {
    await page.route("**/api/auth/capabilities", async (route) => {
      const response = await route.fetch();
      const json = { ...((await response.json()) as object), socialProviders: PROVIDERS, passwordReset: false };
      await route.fulfill({ response, json });
    });
    await open(page, person);
    await expect(row(page, "Password").getByRole("button")).toHaveCount(0);
  });

  test("finds the sign-in methods where the password would be changed", async ({ page, person }) => {
    await open(page, person, "/settings#password");
    await expect(methods(page).getByRole("heading")).toBeFocused();
    await expect(methods(page)).toBeInViewport();
  });

  test("deletes the account by typing the email", async ({ page, person }) => {
    await open(page, person);
    const form = page.getByRole("region", { name: "Delete account" });
    await expect(form.getByRole("textbox", { name: "Confirm with your password" })).toHaveCount(0);
    const email = form.getByRole("textbox", { name: "Confirm with your email" });
    const remove = form.getByRole("button", { name: "Delete account" });
    await email.fill("someone@example.com");
    await remove.click();
    await expect(email).toHaveAccessibleDescription("This is not your email");
    await email.fill(person.email);
    await remove.click();
    await expect(page).toHaveURL(/\/signin$/);
  });
});

test("the sign-in methods are accessible in light and dark, from phone to desktop", async ({
  page,
  hosting,
  person,
}) => {
  test.skip(hosting !== "across origins", "the pages look the same in both setups");
  test.slow();
  await listed(page, "google", "acme", "former");
  await inspectPage(
    page,
    {
      name: "settings-methods",
      open: async (opened) => {
        await opened.goto("/settings");
        await expect(page.getByRole("banner")).toContainText(person.email);
        await expect(methods(opened).getByRole("listitem")).toHaveCount(ROWS + 1);
      },
    },
    hosting,
  );
  await page.unroute("**/api/auth/list-accounts");
  await listed(page, "google");
  await inspectPage(
    page,
    {
      name: "settings-methods-unlink",
      open: async (opened) => {
        await opened.goto("/settings?error=email_does_not_match");
        await expect(methods(opened).getByRole("alert")).toBeVisible();
        await expect(row(opened, "Password")).toContainText("Not set");
      },
    },
    hosting,
  );
});

test.describe("with a provider that answers", () => {
  test.use({ kind: "social" });

  test("an account is linked, signs in, and is unlinked", async ({ page, context, site, person }) => {
    await signInAs(context.request, site, { email: person.email });
    await page.goto("/settings");
    await expect(row(page, "Password")).toContainText("Set");
    await methods(page).getByRole("button", { name: "Link Acme" }).click();
    await expect(methods(page).getByRole("status")).toHaveText("Acme linked.");
    await expect(page).toHaveURL("/settings");
    await expect(row(page, "Acme")).toContainText("Linked on");

    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page).toHaveURL("/signin");
    await page.getByRole("button", { name: "Continue with Acme" }).click();
    await expect(page).toHaveURL("/dashboard");
    await expect(page.getByRole("banner")).toContainText(person.email);

    await page.getByRole("link", { name: "Settings" }).click();
    await unlink(page, "Acme");
    await expect(methods(page).getByText("Acme unlinked.")).toBeVisible();
    await page.reload();
    await expect(row(page, "Acme")).toContainText("Not linked");
    await expect(row(page, "Password")).toContainText("Set");
  });

  test("an account with another email is not linked", async ({ page, context, site, person }) => {
    await signInAs(context.request, site, { email: newPerson().email });
    await page.goto("/settings");
    await expect(page.getByRole("banner")).toContainText(person.email);
    await methods(page).getByRole("button", { name: "Link GitHub" }).click();
    await expect(methods(page).getByRole("alert")).toHaveText(
      "The email at the provider is not the email of your account. Nothing was linked.",
    );
    await expect(page).toHaveURL("/settings");
    await expect(row(page, "GitHub")).toContainText("Not linked");
  });

  test("a user without a password sets one, and then does not need the provider any more", async ({
    page,
    context,
    site,
  }) => {
    const { email, password } = newPerson();
    await signInAs(context.request, site, { email });
    await page.goto("/signin?next=%2Fsettings");
    await page.getByRole("button", { name: "Continue with Google" }).click();
    await expect(row(page, "Password")).toContainText("Not set");
    const unlinkGoogle = methods(page).getByRole("button", { name: /^Unlink Google/ });
    await expect(unlinkGoogle).toHaveAttribute("aria-disabled", "true");
    await row(page, "Password").getByRole("button", { name: "Set a password" }).click();
    await page.goto(linkIn(await mailTo(site, email, "Reset your password")));
    await page.getByLabel("New password").fill(password);
    await page.getByRole("button", { name: "Set password" }).click();
    await expect(page.getByRole("heading", { name: "Password changed" })).toBeVisible();

    await page.goto("/signin?next=%2Fsettings");
    await fillInSignIn(page, { email, password });
    await expect(row(page, "Password")).toContainText(/Set$/);
    await unlink(page, "Google");
    await expect(methods(page).getByText("Google unlinked.")).toBeVisible();
  });
});
