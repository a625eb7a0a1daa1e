// The pages that links in emails lead to, by the error code that the service adds.
import { expect, test } from "./fixtures";

const SETTINGS = ["link", "Go to your settings", "/signin?next=%2Fsettings"] as const;
const NEW_RESET = ["link", "Request a new link", "/forgot-password"] as const;
const NEW_VERIFICATION = ["button", "Send a new link", undefined] as const;

const PAGES = [
  ["/verify-email?done=1&error=INVALID_TOKEN", "This link is no longer valid", NEW_VERIFICATION],
  ["/verify-email?done=1&error=TOKEN_EXPIRED", "This link has expired", NEW_VERIFICATION],
  ["/verify-email?done=1&error=ODD", "This link did not work", NEW_VERIFICATION],
  ["/verify-email?changing=1&error=INVALID_TOKEN", "This link is no longer valid", SETTINGS],
  ["/verify-email?changing=1&error=TOKEN_EXPIRED", "This link has expired", SETTINGS],
  ["/verify-email?changing=1&error=toString", "This link did not work", SETTINGS],
  [
    "/verify-email?changing=1&error=INVALID_USER",
    "This link is for another account",
    ["button", "Sign out", undefined],
  ],
  ["/reset-password?error=INVALID_TOKEN", "This link is no longer valid", NEW_RESET],
  ["/reset-password?error=TOKEN_EXPIRED", "This link has expired", NEW_RESET],
  ["/reset-password", "This link did not work", NEW_RESET],
] as const;

for (const [address, title, [role, name, leadsTo]] of PAGES) {
  test(`${address} shows “${title}” and offers one next step`, async ({ page }) => {
    await page.goto(address);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
    await expect(page).toHaveTitle(`${title} · Latchkey`);
    const next = page.getByRole(role, { name, exact: true });
    await expect(next).toBeVisible();
    if (leadsTo) {
      await next.click();
      await expect(page).toHaveURL(leadsTo);
    }
  });
}

test("the page after a deletion does not report a signed-in account as deleted", async ({ page, person }) => {
  await page.goto("/account-deleted");
  await expect(page.getByText(`The account ${person.email} has not been deleted.`)).toBeVisible();
  await page.getByRole("link", { name: "Go to your settings" }).click();
  await expect(page.getByRole("banner")).toContainText(person.email);
});
