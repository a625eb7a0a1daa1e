// Prints the size of each page's first load and fails if one is too large.
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { SITE, pages } from "./exported.mjs";

/** Maximum size of compressed JavaScript in a first load, in bytes. */
const MAX_SIZE = 200_000;
/** The same for the start page, which every visitor sees first. */
const MAX_START_SIZE = 20_000;

const sizes = new Map();
async function size(file) {
  if (!sizes.has(file)) {
    sizes.set(file, gzipSync(await readFile(new URL(file, SITE))).length);
  }
  return sizes.get(file);
}

for (const page of await pages()) {
  const html = await readFile(new URL(page, SITE), "utf8");
  // Browsers that support modules never fetch scripts marked `nomodule`.
  const tags = [...html.matchAll(/<script[^>]*\ssrc="\/([^"]+)"[^>]*>/g)];
  const scripts = new Set(tags.filter(([tag]) => !/\snomodule/i.test(tag)).map(([, src]) => src));
  let total = 0;
  for (const script of scripts) {
    total += await size(script);
  }
  process.stdout.write(`${page.padEnd(24)} ${(total / 1000).toFixed(1).padStart(6)} kB of JavaScript, gzip\n`);
  const max = page === "index.html" ? MAX_START_SIZE : MAX_SIZE;
  if (total > max) {
    throw new Error(`${page} loads ${total} bytes of JavaScript; the maximum is ${max}`);
  }
}
