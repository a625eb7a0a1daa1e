import { expect, fillInSignIn, test } from "./fixtures";

test.describe("a browser that an application sent to the sign-in", () => {
  test("goes back to where it came from", async ({ page, site, registered }) => {
    const from = `${site.origin}/settings?from=application`;
    await page.goto(`/signin?callbackURL=${encodeURIComponent(from)}`);
    await fillInSignIn(page, registered);
    await expect(page).toHaveURL(from);
    await expect(page.getByText(registered.email).first()).toBeVisible();
  });

  test("does not go to a page that the service does not trust", async ({ page, registered }) => {
    await page.goto(`/signin?callbackURL=${encodeURIComponent("https://evil.example/")}`);
    await fillInSignIn(page, registered);
    await expect(page.getByText("You cannot be sent back to the page you came from")).toBeVisible();
    expect(page.url()).toContain("/signin");
    // Nobody was signed in.
    await page.goto("/dashboard");
    await expect(page).toHaveURL("/signin");
  });
});
