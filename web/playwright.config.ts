import { accessSync, constants } from "node:fs";
import path from "node:path";
import { defineConfig } from "@playwright/test";
import type { Options } from "./e2e/fixtures";
import { ARTEFACTS } from "./e2e/stack/environment";

/**
 * The names of Chromium's executable: Debian's headless shell, which needs half the work, and full browser; those of
 * other systems; and Google's, which hosted CI provides.
 */
const NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const ON_MACS = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

function runs(program: string): boolean {
  try {
    accessSync(program, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Finds the system's browser. The tests download nothing. */
function chromium(): string {
  const places = (process.env.PATH ?? "").split(path.delimiter);
  const found = [...places.flatMap((place) => NAMES.map((name) => path.join(place, name))), ...ON_MACS].find(runs);
  if (!found) {
    throw new Error(`Chromium not found: none of ${NAMES.join(", ")} is on PATH.`);
  }
  return found;
}

export default defineConfig<Options>({
  testDir: "e2e",
  globalSetup: "./e2e/stack/start.ts",
  outputDir: path.join(ARTEFACTS, "failures"),
  // Tests must not depend on their order, and a test that passes only on a retry is broken.
  fullyParallel: true,
  retries: 0,
  // Some tests wait for a session to expire, so one worker more than most machines have cores does no harm.
  workers: 3,
  forbidOnly: Boolean(process.env.CI),
  timeout: 45_000,
  expect: { timeout: 10_000 },
  reporter: [["dot"], ["./e2e/slowest.ts"]],
  use: {
    browserName: "chromium",
    // Chromium's sandbox refuses to run as root.
    launchOptions: { executablePath: chromium(), args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] },
    // Routes do not see requests that a service worker handles. The tests of the worker allow it.
    serviceWorkers: "block",
    screenshot: "only-on-failure",
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
  },
  projects: [
    { name: "across origins", use: { hosting: "across origins" } },
    { name: "behind the gateway", use: { hosting: "behind the gateway" } },
  ],
});
