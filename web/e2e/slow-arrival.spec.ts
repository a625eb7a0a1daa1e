import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { expect, test } from "./fixtures";

/** Size of a chunk in bytes: small enough that parts of a form arrive separately. */
const PIECE = 500;
/** Delay in milliseconds: long enough for the browser to paint each chunk. */
const BETWEEN_PIECES = 50;
const PAGES = [
  "/",
  "/signin",
  "/signup",
  "/forgot-password",
  "/reset-password",
  "/verify-email",
  "/account-deleted",
  "/no-such-page",
];

/** Serves the site's documents like a very slow network: in chunks, without scripts or services. */
function slowly(origin: string): Server {
  return createServer(async (request, response) => {
    const path = request.url ?? "/";
    if (path.endsWith(".js") || path === "/config.json") {
      response.writeHead(503).end();
      return;
    }
    const answer = await fetch(origin + path);
    const body = Buffer.from(await answer.arrayBuffer());
    response.writeHead(answer.status, { "Content-Type": answer.headers.get("Content-Type") ?? "" });
    if (path.includes(".")) {
      response.end(body);
      return;
    }
    for (let start = 0; start < body.length; start += PIECE) {
      response.write(body.subarray(start, start + PIECE));
      await after(BETWEEN_PIECES);
    }
    response.end();
  });
}

test.describe("a page that arrives in chunks does not shift", () => {
  test.skip(({ hosting }) => hosting !== "across origins", "the pages are the same in both setups");
  // A shift counts most in a small window.
  test.use({ viewport: { width: 360, height: 640 } });

  for (const path of PAGES) {
    // Every test checks for layout shifts. This check is stricter, since nothing has a reason to move.
    test(path, async ({ page, site }) => {
      const server = slowly(site.origin).listen(0, "127.0.0.1");
      await new Promise((listening) => server.once("listening", listening));
      const { port } = server.address() as AddressInfo;
      const moved = await page.goto(`http://127.0.0.1:${port}${path}`).then(() => page.evaluate(shifted));
      server.close();
      expect(moved).toEqual([]);
    });
  }
});

/** Runs in the page: returns the layout shifts since the first paint. */
async function shifted(): Promise<string[]> {
  return new Promise((resolve) => {
    new PerformanceObserver((list) =>
      resolve(
        list
          .getEntries()
          .map((entry) => `${(entry as PerformanceEntry & { value: number }).value} at ${entry.startTime}`),
      ),
    ).observe({ type: "layout-shift", buffered: true });
    requestAnimationFrame(() => setTimeout(() => resolve([])));
  });
}
