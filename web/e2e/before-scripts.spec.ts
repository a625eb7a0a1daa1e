import { expect, test } from "./fixtures";

test.describe("before the page's scripts run", () => {
  for (const path of ["/signin", "/signup"]) {
    test(`the form of ${path} cannot be submitted`, async ({ page }) => {
      const sent: string[] = [];
      page.on("request", (request) => request.method() === "POST" && sent.push(request.url()));
      await page.route("**/*.js", (route) => route.abort());
      await page.goto(path);
      await page.getByLabel("Password").fill("correct horse battery");
      await page.getByLabel("Password").press("Enter");
      await expect(page.locator("button[type=submit]")).toBeDisabled();
      expect(page.url()).toContain(path);
      expect(sent).toEqual([]);
    });
  }
});
