// Measures the built page on a slow phone: `npm run vitals`. docs/PAGE.md describes what is measured and how.
import path from "node:path";
import usual from "../playwright.config";
import { ARTEFACTS } from "../e2e/stack/environment";

const config = {
  ...usual,
  testDir: ".",
  testMatch: "*.vitals.ts",
  globalSetup: undefined,
  outputDir: path.join(ARTEFACTS, "failures-vitals"),
  // Measurements side by side would measure each other.
  workers: 1,
  fullyParallel: false,
  // Each measurement loads pages several times over a slow network.
  timeout: 300_000,
  reporter: [["line"]] as [["line"]],
  use: { ...usual.use, screenshot: "off" as const },
  projects: [{ name: "vitals" }],
};

export default config;
