import type { Page } from "@playwright/test";
import { expect, signUp, test } from "./fixtures";
import { HEIGHT, inspectPage, SCREENSHOT_WIDTHS } from "./inspect-page";
import { GUESTS, members } from "./scenes";

/** More controls than any page has. */
const MAX_TAB_STOPS = 100;

test.describe("pages are accessible in light and dark, from phone to desktop", () => {
  test.skip(({ hosting }) => hosting !== "across origins", "the pages look the same in both setups");
  // Each of these tests opens many pages.
  test.slow();

  const half = Math.ceil(GUESTS.length / 2);
  for (const [who, scenes] of [
    ["a guest's first pages", GUESTS.slice(0, half)],
    ["a guest's other pages", GUESTS.slice(half)],
  ] as const) {
    test(who, async ({ page, hosting }) => {
      for (const scene of scenes) {
        await inspectPage(page, scene, hosting);
      }
    });
  }

  test("a member's pages", async ({ page, context, site, hosting }) => {
    await signUp(context.request, site);
    for (const scene of members(site)) {
      await inspectPage(page, scene, hosting);
    }
  });
});

test("every page opens behind the gateway without policy violations, errors or layout shifts", async ({
  page,
  context,
  site,
  hosting,
}) => {
  test.skip(hosting !== "behind the gateway", "covered by the tests above");
  test.slow();
  // A shift counts more in a small window.
  await page.setViewportSize({ width: SCREENSHOT_WIDTHS[0], height: HEIGHT });
  for (const { open } of GUESTS) {
    await open(page);
  }
  await signUp(context.request, site);
  for (const { open } of members(site)) {
    await open(page);
  }
});

/** Every kind of control on the pages of a signed-in user. */
const KINDS = "a button checkbox date email input password radio search select submit textarea".split(" ");

/** A focused control and whether its focus is visible. */
interface Focused {
  kind: string;
  control: string;
  ringed: boolean;
}

/** Presses Tab from the top of the page until the focus leaves it. */
async function tabThrough(page: Page): Promise<Focused[]> {
  const found: Focused[] = [];
  for (;;) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const control = document.activeElement;
      if (!control || control === document.body) {
        return null;
      }
      const { outlineStyle, outlineWidth } = getComputedStyle(control);
      return {
        kind: control.getAttribute("role") ?? control.getAttribute("type") ?? control.localName,
        control: control.outerHTML,
        ringed: outlineStyle === "solid" && Number.parseFloat(outlineWidth) >= 2,
      };
    });
    if (!focused) {
      return found;
    }
    found.push(focused);
    expect(found.length, "the tab order ends").toBeLessThan(MAX_TAB_STOPS);
  }
}

test.describe("without a mouse, motion or the page's own colours", () => {
  test.skip(({ hosting }) => hosting !== "across origins", "the pages look the same in both setups");

  test("the focus is visible on every kind of control", async ({ page, context, site }) => {
    await signUp(context.request, site);
    const opened = Object.fromEntries(members(site).map(({ name, open }) => [name, open]));
    const kinds = new Set<string>();
    for (const name of ["tasks", "tasks-editor", "settings"]) {
      await opened[name]?.(page);
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
      const focused = await tabThrough(page);
      expect(focused.filter(({ ringed }) => !ringed).map(({ control }) => control)).toEqual([]);
      focused.forEach(({ kind }) => kinds.add(kind));
    }
    expect([...kinds].sort()).toEqual(KINDS);
  });

  test("nothing moves with reduced motion", async ({ page, context, site }) => {
    await signUp(context.request, site);
    // A list that never loads shows animated placeholders.
    await page.route(`${site.tasks}/api/me/tasks*`, () => {});
    await page.emulateMedia({ reducedMotion: "no-preference" });
    await page.goto("/dashboard");
    const moving = () => page.evaluate(() => document.getAnimations().length);
    await expect.poll(moving).toBeGreaterThan(0);
    await expect(page.getByRole("button", { name: "Sign out" })).not.toHaveCSS("transition-property", "none");
    await page.emulateMedia({ reducedMotion: "reduce" });
    await expect.poll(moving).toBe(0);
    await expect(page.getByRole("button", { name: "Sign out" })).toHaveCSS("transition-property", "none");
  });

  test("buttons keep their borders and selected options their mark with forced colours", async ({
    page,
    context,
    site,
  }) => {
    await page.emulateMedia({ forcedColors: "active" });
    await page.goto("/");
    for (const name of ["Create an account", "Sign in"]) {
      const link = page.getByRole("link", { name });
      await expect(link).toHaveCSS("border-top-style", "solid");
      await expect(link).not.toHaveCSS("border-top-color", "rgba(0, 0, 0, 0)");
    }
    await signUp(context.request, site);
    await page.goto("/dashboard");
    for (const name of ["Sign out", "Shortcuts", "Add"]) {
      const button = page.getByRole("button", { name, exact: true });
      await expect(button).toHaveCSS("border-top-style", "solid");
      await expect(button).not.toHaveCSS("border-top-color", "rgba(0, 0, 0, 0)");
    }
    const background = (name: string) =>
      page.getByRole("radio", { name }).evaluate((one) => getComputedStyle(one).backgroundColor);
    expect(await background("All")).not.toBe(await background("Open"));
    expect(await background("Open")).toBe(await background("Done"));
  });
});
