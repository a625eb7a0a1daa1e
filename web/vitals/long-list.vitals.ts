import type { APIRequestContext, Page } from "@playwright/test";
import { signUp, tokenOf } from "../e2e/fixtures";
import type { Site } from "../e2e/stack/environment";
import { expect, test } from "./stack";
import { printTable } from "./table";
import { slowDown } from "./throttle";

/** Tasks of a user who never deletes any. */
const TASKS = 10_000;
/** Requests at a time while they are made. */
const AT_A_TIME = 16;
/** Milliseconds within which an answer seems immediate. */
const LONG = 100;
/** Pixels that are scrolled in each frame: a notch of the wheel, and faster than a finger flicks. */
const NOTCH = 120;
/** Frames of scrolling in the part of the list that is loaded. */
const FRAMES = 400;
/** Pixels to jump where nothing is measured. */
const JUMP = 14_000;
/** Tasks at the end of the list that are loaded while one scrolls frame by frame. */
const MEASURED = 1_000;

async function makeTasks(request: APIRequestContext, site: Site): Promise<void> {
  const headers = {
    Authorization: `Bearer ${await tokenOf(request, site)}`,
    "Content-Type": "application/json",
  };
  const left = Array.from({ length: TASKS }, (_, index) => `Task ${index}`);
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      for (let title = left.pop(); title !== undefined; title = left.pop()) {
        // With Node's fetch: Playwright's requests are too slow for so many.
        const body = JSON.stringify({ title });
        const answer = await fetch(`${site.tasks}/api/me/tasks`, { method: "POST", headers, body });
        await answer.arrayBuffer();
        expect(answer.status).toBe(201);
      }
    }),
  );
}

/** The longest task of the main thread and the longest time between two frames, since the last call. */
interface Busy {
  longest: number;
  frame: number;
}

/** Runs in the page, once: records how busy it is. */
function note(): void {
  const busy: Busy = { longest: 0, frame: 0 };
  (window as unknown as { busy: Busy }).busy = busy;
  new PerformanceObserver((list) =>
    list.getEntries().forEach(({ duration }) => (busy.longest = Math.max(busy.longest, duration))),
  ).observe({ type: "longtask" });
  let before = performance.now();
  const frame = (now: number) => {
    busy.frame = Math.max(busy.frame, now - before);
    before = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

/** How busy the page was since the last call. */
function busy(page: Page): Promise<Busy> {
  return page.evaluate(async () => {
    // Entries of the last task arrive after it.
    await new Promise((done) => setTimeout(done, 100));
    const { busy } = window as unknown as { busy: Busy };
    const seen = { ...busy };
    busy.longest = 0;
    busy.frame = 0;
    return seen;
  });
}

async function turn(page: Page, by: number): Promise<void> {
  await page.mouse.wheel(0, by);
  await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
}

const row = ({ longest, frame }: Busy) => [`${longest.toFixed(0)} ms`, `${frame.toFixed(0)} ms`];

test("ten thousand tasks", async ({ browser, site }) => {
  const context = await browser.newContext({ baseURL: site.origin, viewport: { width: 390, height: 844 } });
  await signUp(context.request, site);
  await makeTasks(context.request, site);
  const page = await context.newPage();
  await slowDown(page);
  await page.goto("/dashboard");
  await page.locator("[data-task]").first().waitFor();
  await page.evaluate(note);
  await busy(page);
  await page.mouse.move(200, 400);

  const last = page.locator("[data-task]").last();
  /** How far the rows reach, and whether that is the end. */
  const reach = async () => {
    const position = await last.getAttribute("aria-posinset");
    return { position: Number(position), isEnd: position === (await last.getAttribute("aria-setsize")) };
  };
  while ((await reach()).position < TASKS - MEASURED) {
    await turn(page, JUMP);
  }
  await busy(page);
  for (let frame = 0; frame % 20 > 0 || !(await reach()).isEnd; frame += 1) {
    await turn(page, NOTCH);
  }
  const loading = await busy(page);

  await page.evaluate(() => scrollTo({ top: document.body.scrollHeight / 2, behavior: "instant" }));
  await turn(page, NOTCH);
  await busy(page);
  for (let frame = 0; frame < FRAMES; frame += 1) {
    await turn(page, NOTCH);
  }
  const scrolling = await busy(page);

  const requests: string[] = [];
  page.on("request", (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname}`));
  // One that is in the window, below the middle of it.
  const box = await page.evaluate(() => {
    const all = [...document.querySelectorAll("[data-task] [type=checkbox]")];
    const { x, y } = all.map((one) => one.getBoundingClientRect()).find(({ top }) => top > 400) ?? new DOMRect();
    return { x: x + 10, y: y + 10 };
  });
  const answered = page.waitForResponse((response) => response.request().method() === "PATCH");
  await page.mouse.click(box.x, box.y);
  await answered;
  await page.waitForLoadState("networkidle");
  const checking = await busy(page);
  await context.close();

  printTable(
    [`${TASKS.toLocaleString("en-GB")} tasks`, "longest task", "longest frame", "requests"],
    [
      ["scrolling, loading the last thousand", ...row(loading), ""],
      ["scrolling, all loaded", ...row(scrolling), ""],
      ["one checkbox", ...row(checking), String(requests.length)],
    ],
  );
  expect(requests).toEqual([expect.stringMatching(/^PATCH \/api\/me\/tasks\//)]);
  expect(scrolling.longest, "milliseconds of the longest task while scrolling").toBeLessThanOrEqual(LONG);
  expect(loading.longest, "milliseconds of the longest task while scrolling and loading").toBeLessThanOrEqual(LONG);
  expect(checking.longest, "milliseconds of the longest task of a checkbox").toBeLessThanOrEqual(LONG);
});
