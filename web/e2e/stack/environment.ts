import { readFileSync } from "node:fs";
import path from "node:path";

/** The checkout. */
export const ROOT = path.resolve(import.meta.dirname, "../../..");

const TARGET = path.resolve(ROOT, process.env.CARGO_TARGET_DIR ?? "target");

/** The program that runs a whole stack. It must be built before the tests. */
export const LOCAL_STACK = path.join(TARGET, "debug/local-stack");

/** The exported site. */
export const SITE = path.join(ROOT, "web/out");

/** The output of a run: screenshots of pages and failures. */
export const ARTEFACTS = path.join(TARGET, "browser");

/** How the page is hosted: by local-stack, with the services on other origins, or by the gateway on one origin. */
export type Hosting = "across origins" | "behind the gateway";

/**
 * The settings of a stack: defaults, sessions and tokens that expire during a test, confirmation by email, sign-in with
 * providers, other ways to sign in and second factors, or second factors that everybody must have.
 */
export type Kind =
  "default" | "short-lived" | "email verification" | "social" | "second factors" | "second factor required";

/** The URLs of a running stack. */
export interface Site {
  /** The origin of the page. */
  origin: string;
  auth: string;
  tasks: string;
  /** The directory that emails are written to. */
  mail: string;
  /** The URL of the provider, for stacks that have one. */
  provider?: string;
}

/** Every running stack. */
export type Sites = Record<Hosting, Record<Kind, Site>>;

/** The environment variable with the path of the file that lists the sites of this run. */
export const SITES_FILE = "LATCHKEY_BROWSER_SITES";

/** The sites of this run. */
export function sites(): Sites {
  return JSON.parse(readFileSync(process.env[SITES_FILE] ?? "", "utf8")) as Sites;
}
