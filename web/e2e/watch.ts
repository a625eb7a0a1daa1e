import { expect, type BrowserContext } from "@playwright/test";

/** What no page may do, whatever is tested. */
export interface Watch {
  /** Fails the test if something was seen. */
  check: () => void;
  /** Forgets what moved until now, where the test itself laid the page out anew. */
  forgetShifts: () => void;
}

/** "Good" for layout shift by Core Web Vitals. */
const MOST_SHIFT = 0.1;

/** Swagger UI inserts a response where it was asked for, above what follows, whenever it arrives. */
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
  // Each load of a page counts for itself.
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
 * Watches every page of a browser: no exception that nobody caught, nothing that the Content-Security-Policy forbids, no
 * message in the console but the browser's own about answers, and a layout that stays where it is.
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
      expect(faults, "what the browser complained about").toEqual([]);
      for (const [page, value] of [...shifts].filter(([page]) => !DOCS.test(page))) {
        expect(value, `layout shift of ${page}`).toBeLessThan(MOST_SHIFT);
      }
    },
  };
}
