import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test as base } from "./fixtures";
import { startOwn, stopAll, type Settings } from "./stack/start";

/** Tests that each have a stack of their own: one that they may break, or one with other settings. */
export function withOwnStack(settings: Settings = {}) {
  return base.extend({
    site: async ({ way }, provide) => {
      const root = mkdtempSync(path.join(tmpdir(), "latchkey-browser-own-"));
      // Otherwise PostgreSQL, which does not run as root, keeps its files elsewhere.
      chmodSync(root, 0o755);
      try {
        await provide(await startOwn(root, way, settings));
      } finally {
        await stopAll();
        rmSync(root, { recursive: true, force: true });
      }
    },
  });
}
