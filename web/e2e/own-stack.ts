import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test as base } from "./fixtures";
import { startOwn, stopAll, type Settings } from "./stack/start";

/** Extends a test with a stack of its own, to break it or to use other settings. */
export function withOwnStack(settings: Settings = {}) {
  return base.extend({
    site: async ({ hosting }, provide) => {
      const root = mkdtempSync(path.join(tmpdir(), "latchkey-browser-own-"));
      // PostgreSQL does not run as root and would otherwise keep its files elsewhere.
      chmodSync(root, 0o755);
      try {
        await provide(await startOwn(root, hosting, settings));
      } finally {
        await stopAll();
        rmSync(root, { recursive: true, force: true });
      }
    },
  });
}
