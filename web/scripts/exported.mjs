// Paths of the exported site, shared by the scripts.
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** The output directory of `next build`. */
export const SITE = new URL("../out/", import.meta.url);

/** Lists the exported HTML pages, as paths relative to the site. */
export async function pages() {
  const files = await readdir(fileURLToPath(SITE), { recursive: true });
  return files.filter((file) => file.endsWith(".html")).sort();
}
