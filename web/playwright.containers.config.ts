// Tests the page of a running stack at PAGE_URL. Used by local-stack/tests/containers.
import path from "node:path";
import usual from "./playwright.config";
import { ARTEFACTS } from "./e2e/stack/environment";

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
