import { expect, signUp, newPerson, test } from "./fixtures";

/** The smallest viewport that pages must fit (WCAG 1.4.10). */
const NARROW = { width: 320, height: 640 };
const LENGTH = 82;

test.describe("in a window of 320 pixels", () => {
  test.use({ viewport: NARROW });

  test("a long name and a long email do not break any page", async ({ page, context, site }) => {
    const domain = `@${"d".repeat(20)}.example.com`;
    const email = `${Date.now()}${"a".repeat(LENGTH)}`.slice(0, LENGTH - domain.length) + domain;
    expect(email).toHaveLength(LENGTH);
    const ada = await signUp(context.request, site, { ...newPerson("N".repeat(LENGTH)), email });
    for (const path of ["/dashboard", "/settings", "/verify-email?changing=1", "/account-deleted"]) {
      await page.goto(path);
      await expect(page.getByText(ada.email).first()).toBeVisible();
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBe(NARROW.width);
      // Only the name and the email in the bar may end in an ellipsis.
      const cut = await page
        .locator("main p, header button, header a")
        .evaluateAll((all) => all.filter((one) => one.scrollWidth > one.clientWidth && one.clientWidth > 1));
      expect(cut, path).toEqual([]);
    }
    await page.goto("/forgot-password");
    await page.getByLabel("Email").fill(ada.email);
    await page.getByRole("button", { name: "Send link" }).click();
    await expect(page.getByText(ada.email)).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(NARROW.width);
  });
});

test("a name keeps its own text direction", async ({ page, context, site }) => {
  await signUp(context.request, site, newPerson("عائشة"));
  await page.goto("/settings");
  for (const name of [page.getByRole("banner").getByText("عائشة"), page.getByRole("textbox", { name: "Name" })]) {
    await expect(name).toHaveCSS("direction", "rtl");
  }
});

test.describe("with a German locale", () => {
  test.use({ locale: "de-DE" });

  test("dates are in German", async ({ page, person }) => {
    await page.goto("/settings");
    await expect(page.getByRole("banner")).toContainText(person.name);
    const now = new Intl.DateTimeFormat("de-DE", { dateStyle: "medium", timeZone: "Europe/Berlin" }).format();
    await expect(page.getByRole("region", { name: "Signed-in devices" })).toContainText(`since ${now}`);
  });
});
