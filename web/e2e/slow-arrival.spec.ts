import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { expect, test } from "./fixtures";

/** Of a page's document, in bytes: small enough that each part of a form comes by itself. */
const PIECE = 500;
/** In milliseconds: enough that the browser paints what it has. */
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

/** Hands on the site's documents as a very slow network does: piece by piece, and neither script nor service in time. */
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

test.describe("a page that arrives piece by piece stays where it is", () => {
  test.skip(({ way }) => way !== "across origins", "the pages are the same, however they are served");
  // What moves counts for the most where the window is small.
  test.use({ viewport: { width: 360, height: 640 } });

  for (const path of PAGES) {
    // The layout is looked at by what watches every test; here it has to be stricter, as nothing has a reason to move.
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

/** Runs in the page: what moved since it was first painted. */
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
