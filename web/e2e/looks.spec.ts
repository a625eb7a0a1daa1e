import type { Page } from "@playwright/test";
import { expect, signUp, test } from "./fixtures";
import { HEIGHT, look, PICTURED } from "./look";
import { GUESTS, members } from "./scenes";

/** More than any page has controls. */
const MOST_STOPS = 100;

test.describe("pages can be read and used by everybody, light and dark, from phone to desk", () => {
  test.skip(({ way }) => way !== "across origins", "the pages look the same, however they are served");
  // Each of these opens many pages.
  test.slow();

  const half = Math.ceil(GUESTS.length / 2);
  for (const [who, scenes] of [
    ["a guest's first pages", GUESTS.slice(0, half)],
    ["a guest's other pages", GUESTS.slice(half)],
  ] as const) {
    test(who, async ({ page, way }) => {
      for (const scene of scenes) {
        await look(page, scene, way);
      }
    });
  }

  test("a member's pages", async ({ page, context, site, way }) => {
    await signUp(context.request, site);
    for (const scene of members(site)) {
      await look(page, scene, way);
    }
  });
});

test("every page opens behind the gateway within its policy, without an error, and stands still", async ({
  page,
  context,
  site,
  way,
}) => {
  test.skip(way !== "behind the gateway", "the pages' own tests open them all");
  test.slow();
  // The smaller the window, the more a shift of it counts.
  await page.setViewportSize({ width: PICTURED[0], height: HEIGHT });
  for (const { open } of GUESTS) {
    await open(page);
  }
  await signUp(context.request, site);
  for (const { open } of members(site)) {
    await open(page);
  }
});

/** Every kind of control that the pages of a member have. */
const KINDS = "a button checkbox date email input password radio search select submit textarea".split(" ");

/** A control that has the focus: what it is, and whether one sees that it is this one. */
interface Focused {
  kind: string;
  control: string;
  ringed: boolean;
}

/** Goes through the page with the Tab key, from its top until the focus leaves it. */
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
    expect(found.length, "the focus comes to an end").toBeLessThan(MOST_STOPS);
  }
}

test.describe("without a mouse, without motion, without the page's own colours", () => {
  test.skip(({ way }) => way !== "across origins", "the pages look the same, however they are served");

  test("the focus is seen on every kind of control", async ({ page, context, site }) => {
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

  test("nothing moves for those who ask for less motion", async ({ page, context, site }) => {
    await signUp(context.request, site);
    // The grey rows of a list that never comes.
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

  test("buttons keep their edges, and a choice its mark, in colours that the system chooses", async ({
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
