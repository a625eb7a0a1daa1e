// Prints common-passwords.txt. Its arguments are the files that common-passwords.md names, in any order.
//
//     node common-passwords.mjs passwords.json common-passwords.txt.gz > common-passwords.txt

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** The passwords of one list: a JSON array, or lines of text in a gzip file. */
function read(path) {
  const bytes = readFileSync(path);
  return path.endsWith(".gz") ? gunzipSync(bytes).toString("utf8").split("\n") : JSON.parse(bytes.toString("utf8"));
}

const files = process.argv.slice(2);
if (files.length === 0) throw new Error("name the lists that common-passwords.md describes");
const all = files
  .flatMap(read)
  // The form that the service compares: NFKC in lower case.
  .map((password) => password.normalize("NFKC").toLowerCase())
  .filter((password) => password.length > 0);
// In the order of their bytes, for the binary search.
const sorted = [...new Set(all)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
process.stdout.write(sorted.map((password) => `${password}\n`).join(""));
