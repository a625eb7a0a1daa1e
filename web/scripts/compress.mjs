// Writes compressed copies of the exported files next to them. They are smaller than a server's on-the-fly compression
// and are created once.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { SITE } from "./exported.mjs";

const TEXT = /\.(css|html|js|json|svg|txt|webmanifest)$/;
/** Minimum size in bytes. A smaller file fits into the first packets uncompressed. */
const MIN_SIZE = 1_000;
/** Read by the servers, not served. */
const NOT_SERVED = "csp.json";

const encodings = [
  ["br", promisify(brotliCompress)],
  ["gz", promisify(gzip)],
];

const files = await readdir(fileURLToPath(SITE), { recursive: true });
for (const file of files.filter((name) => TEXT.test(name) && name !== NOT_SERVED)) {
  const content = await readFile(new URL(file, SITE));
  if (content.length < MIN_SIZE) {
    continue;
  }
  for (const [ending, compress] of encodings) {
    await writeFile(new URL(`${file}.${ending}`, SITE), await compress(content));
  }
}
