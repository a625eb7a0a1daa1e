import path from "node:path";
import { expect, type Page } from "@playwright/test";
import { violationsOf } from "./axe";
import type { Scene } from "./scenes";
import { ARTEFACTS } from "./stack/environment";

/** The widths of a phone, a tablet and a desktop. */
export const SCREENSHOT_WIDTHS = [360, 768, 1440] as const;
/** 200% and 400% zoom on a screen of 1280 pixels (WCAG 1.4.4, 1.4.10). */
const ZOOMED_WIDTHS = [640, 320] as const;
export const HEIGHT = 800;
/** Minimum target size in CSS pixels (WCAG 2.5.8). */
const MIN_TARGET_SIZE = 24;
type Theme = "light" | "dark";

/** Returns controls that are too small, and whether the page overflows its window. */
async function misfits(page: Page): Promise<string[]> {
  return page.evaluate((smallest) => {
    const found: string[] = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) {
      found.push(`the page is ${scrollWidth} wide in a window of ${clientWidth}`);
    }
    for (const control of document.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary")) {
      // A label is part of its control's target.
      const { width, height } = (control.closest("label") ?? control).getBoundingClientRect();
      const inText = control.matches("p a") && control.textContent !== control.closest("p")?.textContent;
      if (control.checkVisibility() && !inText && Math.min(width, height) < smallest) {
        found.push(`${control.outerHTML} is ${width} by ${height}`);
      }
    }
    return found;
  }, MIN_TARGET_SIZE);
}

/** Checks a page in both themes and at every width, and saves screenshots. */
export async function inspectPage(page: Page, { name, open }: Scene, hosting: string): Promise<void> {
  const faults: string[] = [];
  const show = async (theme: Theme, width: number) => {
    const file = path.join(ARTEFACTS, "pages", hosting, `${name}-${width}-${theme}.png`);
    await page.screenshot({ path: file, fullPage: true });
  };
  await page.setViewportSize({ width: 1440, height: HEIGHT });
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await open(page);
  faults.push(...(await violationsOf(page)).map((fault) => `1440 light: ${fault}`));
  for (const width of [...SCREENSHOT_WIDTHS].reverse()) {
    await page.setViewportSize({ width, height: HEIGHT });
    await show("light", width);
    faults.push(...(await misfits(page)).map((fault) => `${width}: ${fault}`));
  }
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  // Each theme is checked at a different width, so that both layouts are covered.
  faults.push(...(await violationsOf(page)).map((fault) => `360 dark: ${fault}`));
  for (const width of SCREENSHOT_WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT });
    await show("dark", width);
  }
  for (const width of ZOOMED_WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT });
    faults.push(...(await misfits(page)).map((fault) => `${width}: ${fault}`));
  }
  expect.soft(faults, name).toEqual([]);
}
