// Writes out/csp.json: the hashes of all inline scripts and styles of all pages, for the Content-Security-Policy of the
// server.
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { SITE, pages } from "./exported.mjs";

const INLINE_SCRIPT = /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g;
const INLINE_STYLE = /<style[^>]*>([\s\S]*?)<\/style>/g;
// Allowing style attributes by hash would require loosening the whole policy.
const STYLE_ATTRIBUTE = /<[a-z][^>]*\sstyle="/;

const source = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const hashes = (html, pattern) => [...html.matchAll(pattern)].map(([, text]) => source(text));

const script = new Set();
const style = new Set();
for (const page of await pages()) {
  const html = await readFile(new URL(page, SITE), "utf8");
  const markup = html.replaceAll(INLINE_SCRIPT, "");
  if (STYLE_ATTRIBUTE.test(markup)) {
    throw new Error(`${page} has a style attribute, which the Content-Security-Policy forbids`);
  }
  hashes(html, INLINE_SCRIPT).forEach((hash) => script.add(hash));
  hashes(html, INLINE_STYLE).forEach((hash) => style.add(hash));
}
const policy = { script: [...script].sort(), style: [...style].sort() };
await writeFile(new URL("csp.json", SITE), `${JSON.stringify(policy, null, 2)}\n`);
