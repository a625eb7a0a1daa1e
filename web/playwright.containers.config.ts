// The page of a stack that runs already, at the URL of PAGE_URL: what local-stack/tests/containers opens in Chromium.
import path from "node:path";
import usual from "./playwright.config";
import { ARTEFACTS } from "./e2e/stack/places";

const config = {
  ...usual,
  testDir: "e2e-containers",
  globalSetup: undefined,
  outputDir: path.join(ARTEFACTS, "failures-containers"),
  reporter: [["line"]] as [["line"]],
  use: { ...usual.use, baseURL: process.env.PAGE_URL },
  projects: [{ name: "containers" }],
};

export default config;
