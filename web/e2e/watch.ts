import { expect, type BrowserContext } from "@playwright/test";

/** Checks for faults that no page may have in any test. */
export interface Watch {
  /** Fails the test if a fault was recorded. */
  check: () => void;
  /** Discards layout shifts so far, if the test itself changed the layout. */
  forgetShifts: () => void;
}

/** "Good" for layout shift by Core Web Vitals. */
const MAX_SHIFT = 0.1;

/** Swagger UI inserts responses above other content whenever they arrive. */
const DOCS = /^\/docs\//;

interface Shift {
  page: string;
  value: number;
}

/** Runs in the page, before everything else. */
function observe(): void {
  const report = window as unknown as {
    latchkeyShift: (shift: Shift) => void;
    latchkeyViolation: (what: string) => void;
  };
  // Each page load is counted separately.
  const page = `${location.pathname} loaded at ${performance.timeOrigin}`;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
      if (!entry.hadRecentInput) {
        report.latchkeyShift({ page, value: entry.value });
      }
    }
  }).observe({ type: "layout-shift", buffered: true });
  document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) =>
    report.latchkeyViolation(`${violatedDirective}: ${blockedURI} in ${sourceFile}`),
  );
}

/**
 * Watches every page of a browser for uncaught exceptions, Content-Security-Policy violations, console errors other
 * than the browser's own about failed requests, and layout shifts.
 */
export async function watch(context: BrowserContext): Promise<Watch> {
  const faults: string[] = [];
  const shifts = new Map<string, number>();
  context.on("weberror", (event) => faults.push(`exception: ${event.error().stack ?? event.error().message}`));
  context.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource:")) {
      faults.push(`console: ${message.text()}`);
    }
  });
  context.on("response", (response) => {
    const { pathname } = new URL(response.url());
    if (response.status() === 404 && response.request().resourceType() === "fetch" && !pathname.startsWith("/api/")) {
      faults.push(`not found: ${response.url()}`);
    }
  });
  await context.exposeFunction("latchkeyShift", ({ page, value }: Shift) =>
    shifts.set(page, (shifts.get(page) ?? 0) + value),
  );
  await context.exposeFunction("latchkeyViolation", (what: string) => void faults.push(`policy: ${what}`));
  await context.addInitScript(observe);
  return {
    forgetShifts: () => shifts.clear(),
    check: () => {
      expect(faults, "faults reported by the browser").toEqual([]);
      for (const [page, value] of [...shifts].filter(([page]) => !DOCS.test(page))) {
        expect(value, `layout shift of ${page}`).toBeLessThan(MAX_SHIFT);
      }
    },
  };
}
