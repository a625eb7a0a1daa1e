// Writes out/worker.js: src/offline/worker.js with the list of files of this build to cache, and a version that changes
// with them.
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { SITE, pages } from "./exported.mjs";

/** Pages for unknown paths. They are not needed offline. */
const ERROR_PAGES = new Set(["404.html", "_not-found.html"]);
const ASSETS = "_next/static/";

const html = (await pages()).filter((page) => !ERROR_PAGES.has(page));
const text = (await Promise.all(html.map((page) => readFile(new URL(page, SITE), "utf8")))).join("\n");
const files = await readdir(fileURLToPath(new URL(ASSETS, SITE)), { recursive: true, withFileTypes: true });
const assets = files
  .filter((file) => file.isFile())
  .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(fileURLToPath(SITE).length))
  // Files that the pages reference or their scripts load later. Scripts for browsers without modules are not needed
  // here.
  .filter((file) => /\.(js|css|woff2)$/.test(file) && !isLegacy(file))
  .sort();

function isLegacy(file) {
  return new RegExp(`<script[^>]*\\ssrc="/${file.replaceAll(".", "\\.")}"[^>]*\\snomodule`, "i").test(text);
}

const worker = await readFile(new URL("../src/offline/worker.js", import.meta.url), "utf8");
const version = createHash("sha256").update(worker).update(assets.join("\n")).update(text).digest("hex").slice(0, 16);
const paths = html.map((page) => (page === "index.html" ? "/" : `/${page.replace(/\.html$/, "")}`));
const constants = { VERSION: version, PAGES: paths, ASSETS: assets.map((file) => `/${file}`) };
const lines = Object.entries(constants).map(([name, value]) => `const ${name} = ${JSON.stringify(value)};\n`);
await writeFile(new URL("worker.js", SITE), lines.join("") + worker);
