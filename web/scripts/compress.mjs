// Leaves each exported file that is worth it compressed beside itself, for the servers: smaller than they could make it on
// the way, and made once.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { SITE } from "./exported.mjs";

const TEXT = /\.(css|html|js|json|svg|txt|webmanifest)$/;
/** A smaller file, in bytes, fits into the first packets as it is. */
const LEAST = 1_000;
/** Read by the servers themselves. */
const NOT_SERVED = "csp.json";

const encodings = [
  ["br", promisify(brotliCompress)],
  ["gz", promisify(gzip)],
];

const files = await readdir(fileURLToPath(SITE), { recursive: true });
for (const file of files.filter((name) => TEXT.test(name) && name !== NOT_SERVED)) {
  const content = await readFile(new URL(file, SITE));
  if (content.length < LEAST) {
    continue;
  }
  for (const [ending, compress] of encodings) {
    await writeFile(new URL(`${file}.${ending}`, SITE), await compress(content));
  }
}
