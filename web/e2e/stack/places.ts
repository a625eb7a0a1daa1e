import { readFileSync } from "node:fs";
import path from "node:path";

/** The checkout. */
export const ROOT = path.resolve(import.meta.dirname, "../../..");

const TARGET = path.resolve(ROOT, process.env.CARGO_TARGET_DIR ?? "target");

/** The program that runs a whole stack; whoever starts the tests has built it. */
export const LOCAL_STACK = path.join(TARGET, "debug/local-stack");

/** The exported site. */
export const SITE = path.join(ROOT, "web/out");

/** What a run leaves behind: pictures of the pages, and of what failed. */
export const ARTEFACTS = path.join(TARGET, "browser");

/** How the page is served: by local-stack, with the services on origins of their own, or by the gateway on one origin. */
export type Way = "across origins" | "behind the gateway";

/** Sessions and tokens as a deployment has them; ones that end while a test waits; or accounts whose address and end have to be agreed to by mail. */
export type Kind = "usual" | "short lives" | "agreed by mail";

/** One running stack, as it is reached. */
export interface Site {
  /** Where the page is opened. */
  origin: string;
  auth: string;
  tasks: string;
  /** The directory that mail is put into. */
  mail: string;
}

/** Every running stack. */
export type Sites = Record<Way, Record<Kind, Site>>;

/** Names the file with the sites of this run to the tests' processes. */
export const SITES_FILE = "LATCHKEY_BROWSER_SITES";

/** The sites of this run. */
export function sites(): Sites {
  return JSON.parse(readFileSync(process.env[SITES_FILE] ?? "", "utf8")) as Sites;
}
