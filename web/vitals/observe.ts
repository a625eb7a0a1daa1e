import type { CDPSession, Page } from "@playwright/test";

/** What one load of a page took; times in milliseconds from the start of the navigation. */
export interface Load {
  /** First Contentful Paint. */
  fcp: number;
  /** Largest Contentful Paint. */
  lcp: number;
  /** Cumulative Layout Shift. */
  cls: number;
  /** When the first task was painted. Undefined on pages without tasks. */
  tasks: number | undefined;
  /** Longest task of the main thread. */
  longest: number;
  requests: number;
  /** Bytes received, as they were sent: compressed, with headers. */
  bytes: number;
}

/** What the page itself notes down. */
type Noted = Pick<Load, "fcp" | "lcp" | "cls" | "tasks" | "longest">;

/** Runs in the page, before everything else. */
function note(): void {
  const noted: Noted = { fcp: 0, lcp: 0, cls: 0, tasks: undefined, longest: 0 };
  (window as unknown as { noted: Noted }).noted = noted;
  const on = (type: string, take: (entry: PerformanceEntry & { value: number }) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => take(entry as never))).observe({
      type,
      buffered: true,
    });
  on("paint", ({ name, startTime }) => {
    if (name === "first-contentful-paint") {
      noted.fcp = startTime;
    }
  });
  on("largest-contentful-paint", ({ startTime }) => (noted.lcp = startTime));
  on("layout-shift", ({ value }) => (noted.cls += value));
  on("longtask", ({ duration }) => (noted.longest = Math.max(noted.longest, duration)));
  const watch = new MutationObserver(() => {
    if (document.querySelector("[data-task]")) {
      watch.disconnect();
      // The frame after the next one begins when the next one, with the tasks in it, has been painted.
      requestAnimationFrame(() => requestAnimationFrame((now) => (noted.tasks = now)));
    }
  });
  watch.observe(document, { childList: true, subtree: true });
}

/** Counts what a page asks for and receives from now on. */
function count(session: CDPSession): Pick<Load, "requests" | "bytes"> {
  const counted = { requests: 0, bytes: 0 };
  session.on("Network.requestWillBeSent", () => (counted.requests += 1));
  session.on("Network.loadingFinished", ({ encodedDataLength }) => (counted.bytes += encodedDataLength));
  return counted;
}

/** Opens a page of this session and measures the load until the network is idle. */
export async function load(page: Page, session: CDPSession, address: string, hasTasks: boolean): Promise<Load> {
  const counted = count(session);
  await page.addInitScript(note);
  await page.goto(address, { waitUntil: "networkidle" });
  if (hasTasks) {
    await page.waitForFunction(() => (window as unknown as { noted: Noted }).noted.tasks !== undefined);
  }
  const noted = await page.evaluate(() => (window as unknown as { noted: Noted }).noted);
  return { ...noted, ...counted };
}
