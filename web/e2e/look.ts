import path from "node:path";
import { expect, type Page } from "@playwright/test";
import { faultsOf } from "./axe";
import type { Scene } from "./scenes";
import { ARTEFACTS } from "./stack/places";

/** Of a phone, a tablet and a desk. */
export const PICTURED = [360, 768, 1440] as const;
/** Twice and four times the size on a screen of 1280 (WCAG 1.4.4, 1.4.10). */
const ENLARGED = [640, 320] as const;
export const HEIGHT = 800;
/** In CSS pixels (WCAG 2.5.8). */
const SMALLEST = 24;
type Theme = "light" | "dark";

/** The controls that are smaller than a fingertip, and what makes the page wider than its window. */
async function misfits(page: Page): Promise<string[]> {
  return page.evaluate((smallest) => {
    const found: string[] = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) {
      found.push(`the page is ${scrollWidth} wide in a window of ${clientWidth}`);
    }
    for (const control of document.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary")) {
      // Whoever presses a label presses its control.
      const { width, height } = (control.closest("label") ?? control).getBoundingClientRect();
      const inText = control.matches("p a") && control.textContent !== control.closest("p")?.textContent;
      if (control.checkVisibility() && !inText && Math.min(width, height) < smallest) {
        found.push(`${control.outerHTML} is ${width} by ${height}`);
      }
    }
    return found;
  }, SMALLEST);
}

/** Looks at a page in both themes and at every width, and keeps pictures of it. */
export async function look(page: Page, { name, open }: Scene, way: string): Promise<void> {
  const faults: string[] = [];
  const show = async (theme: Theme, width: number) => {
    const file = path.join(ARTEFACTS, "pages", way, `${name}-${width}-${theme}.png`);
    await page.screenshot({ path: file, fullPage: true });
  };
  await page.setViewportSize({ width: 1440, height: HEIGHT });
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await open(page);
  faults.push(...(await faultsOf(page)).map((fault) => `1440 light: ${fault}`));
  for (const width of [...PICTURED].reverse()) {
    await page.setViewportSize({ width, height: HEIGHT });
    await show("light", width);
    faults.push(...(await misfits(page)).map((fault) => `${width}: ${fault}`));
  }
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  // Each theme is examined at another width, so that both layouts are.
  faults.push(...(await faultsOf(page)).map((fault) => `360 dark: ${fault}`));
  for (const width of PICTURED) {
    await page.setViewportSize({ width, height: HEIGHT });
    await show("dark", width);
  }
  for (const width of ENLARGED) {
    await page.setViewportSize({ width, height: HEIGHT });
    faults.push(...(await misfits(page)).map((fault) => `${width}: ${fault}`));
  }
  expect.soft(faults, name).toEqual([]);
}
