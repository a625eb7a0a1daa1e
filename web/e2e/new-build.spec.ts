import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";

test.use({ serviceWorkers: "allow" });
test.skip(({ hosting }) => hosting !== "across origins", "the worker is the same in both setups");

/** Serves the site's files as one build or as a later one with a different version and one changed page. */
function builds(origin: string) {
  const current = { name: "first" };
  const server = createServer(async (request, response) => {
    const path = request.url ?? "/";
    if (path === "/config.json") {
      // No service is needed here.
      response.writeHead(503).end();
      return;
    }
    const answer = await fetch(origin + path);
    const headers = { "Content-Type": answer.headers.get("Content-Type") ?? "", "Cache-Control": "no-cache" };
    const body = Buffer.from(await answer.arrayBuffer());
    response.writeHead(answer.status, headers);
    if (path === "/worker.js") {
      response.end(body.toString().replace(/VERSION = "[^"]*"/, `VERSION = "${current.name}"`));
    } else if (path === "/verify-email") {
      response.end(`${body.toString()}<!-- ${current.name} build -->`);
    } else {
      response.end(body);
    }
  });
  return { current, server };
}

/** Returns the builds whose files the browser has cached. */
function keptBuilds(page: Page): Promise<string[]> {
  return page.evaluate(() => caches.keys());
}

test("a new build is shown immediately and replaces the previous one", async ({ page, site }) => {
  const { current, server } = builds(site.origin);
  server.listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/verify-email`;
  const html = () => page.evaluate(async () => (await (await caches.match("/verify-email"))?.text()) ?? "");

  await page.goto(address);
  await expect.poll(() => keptBuilds(page)).toEqual(["latchkey-page-first"]);
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);

  current.name = "second";
  const shown = await page.goto(address);
  expect(await shown?.text()).toContain("second build");
  await expect.poll(() => keptBuilds(page)).toEqual(["latchkey-page-second"]);
  expect(await html()).toContain("second build");

  server.closeAllConnections();
  server.close();
  const offline = await page.goto(address);
  expect(await offline?.text()).toContain("second build");
});
