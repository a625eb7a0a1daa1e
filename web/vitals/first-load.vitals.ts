import type { Browser } from "@playwright/test";
import { signUp, tokenOf } from "../e2e/fixtures";
import type { Site } from "../e2e/stack/environment";
import { load, type Load } from "./observe";
import { expect, test } from "./stack";
import { median, printTable, seconds } from "./table";
import { throttle } from "./throttle";

/** One load varies by a tenth; the median of five by much less. */
const RUNS = 5;
/** Milliseconds within which a slow phone shows the tasks. */
const TASKS_WITHIN = 3_500;
/** Tasks of the person who opens the dashboard: more than fit a phone's screen. */
const TASKS = 20;

/** A page that is measured. */
interface Measured {
  address: string;
  /** Whether a user with tasks is signed in. */
  signedIn: boolean;
}

const PAGES: readonly Measured[] = [
  { address: "/", signedIn: false },
  { address: "/signin", signedIn: false },
  { address: "/dashboard", signedIn: true },
];

/** Opens a page in a browser context of its own, with nothing in its cache. */
async function loadCold(browser: Browser, site: Site, { address, signedIn }: Measured): Promise<Load> {
  const context = await browser.newContext({ baseURL: site.origin, viewport: { width: 390, height: 844 } });
  try {
    if (signedIn) {
      await signUp(context.request, site);
      const headers = { Authorization: `Bearer ${await tokenOf(context.request, site)}` };
      for (let index = 0; index < TASKS; index += 1) {
        await context.request.post(`${site.tasks}/api/me/tasks`, { headers, data: { title: `Task ${index}` } });
      }
    }
    const page = await context.newPage();
    if (signedIn) {
      // As the page's own sign-in leaves it.
      await page.addInitScript(() => localStorage.setItem("latchkey.signed-in", "1"));
    }
    return await load(page, await throttle(page), address, signedIn);
  } finally {
    await context.close();
  }
}

/** The median of each measurement of several loads. */
function medianOf(loads: readonly Load[]) {
  const of = (name: keyof Load) => median(loads.map((one) => one[name]));
  return {
    fcp: of("fcp"),
    lcp: of("lcp"),
    cls: of("cls"),
    tasks: of("tasks"),
    longest: of("longest"),
    requests: of("requests"),
    bytes: of("bytes"),
  };
}

test("first load, nothing cached", async ({ browser, site }) => {
  const rows: string[][] = [];
  let tasksAfter: number | undefined;
  for (const page of PAGES) {
    const loads: Load[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      loads.push(await loadCold(browser, site, page));
    }
    const { fcp, lcp, cls, tasks, requests, bytes, longest } = medianOf(loads);
    tasksAfter ??= tasks;
    rows.push([
      page.address,
      seconds(fcp),
      seconds(lcp),
      cls?.toFixed(3) ?? "",
      seconds(tasks),
      String(requests),
      `${((bytes ?? 0) / 1000).toFixed(0)} kB`,
      `${longest?.toFixed(0)} ms`,
    ]);
  }
  printTable(["page", "FCP", "LCP", "CLS", "tasks visible", "requests", "received", "longest task"], rows);
  expect(tasksAfter, "milliseconds until the tasks are visible").toBeLessThan(TASKS_WITHIN);
});
