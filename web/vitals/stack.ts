import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test as base } from "@playwright/test";
import type { Site } from "../e2e/stack/environment";
import { startOwn, stopAll } from "../e2e/stack/start";

/** A measurement, with a stack of its own behind the real gateway. */
export const test = base.extend<object, { site: Site }>({
  site: [
    async ({}, provide) => {
      const root = mkdtempSync(path.join(tmpdir(), "latchkey-vitals-"));
      try {
        // Nobody makes ten thousand tasks within the budget of a minute.
        await provide(await startOwn(root, "behind the gateway", { REQUESTS_PER_MINUTE: "0" }));
      } finally {
        await stopAll();
        rmSync(root, { recursive: true, force: true });
      }
    },
    { scope: "worker" },
  ],
});

export { expect } from "@playwright/test";
