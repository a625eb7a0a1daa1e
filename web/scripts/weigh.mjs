// Says what each page's first load weighs, and fails when one is too heavy.
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { SITE, pages } from "./exported.mjs";

/** Compressed JavaScript of a first load, in bytes: more makes people on slow networks wait. */
const MOST = 200_000;
/** Of the start page, which everybody sees first. */
const MOST_AT_START = 20_000;

const sizes = new Map();
async function size(file) {
  if (!sizes.has(file)) {
    sizes.set(file, gzipSync(await readFile(new URL(file, SITE))).length);
  }
  return sizes.get(file);
}

for (const page of await pages()) {
  const html = await readFile(new URL(page, SITE), "utf8");
  // Scripts marked `nomodule` are for browsers that know no modules; others never fetch them.
  const tags = [...html.matchAll(/<script[^>]*\ssrc="\/([^"]+)"[^>]*>/g)];
  const scripts = new Set(tags.filter(([tag]) => !/\snomodule/i.test(tag)).map(([, src]) => src));
  let total = 0;
  for (const script of scripts) {
    total += await size(script);
  }
  process.stdout.write(`${page.padEnd(24)} ${(total / 1000).toFixed(1).padStart(6)} kB of JavaScript, gzip\n`);
  const most = page === "index.html" ? MOST_AT_START : MOST;
  if (total > most) {
    throw new Error(`${page} loads ${total} bytes of JavaScript, more than ${most}`);
  }
}
