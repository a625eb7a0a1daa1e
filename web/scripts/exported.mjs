// What the scripts know about the exported site.
import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** Where `next build` puts the site. */
export const SITE = new URL("../out/", import.meta.url);

/** The exported HTML pages, as paths inside the site. */
export async function pages() {
  const files = await readdir(fileURLToPath(SITE), { recursive: true });
  return files.filter((file) => file.endsWith(".html")).sort();
}
