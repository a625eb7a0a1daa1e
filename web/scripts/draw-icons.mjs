// Renders the PNG icons in public/ from public/icon.svg with the system's Chromium. Run this after changing the icon:
// node scripts/draw-icons.mjs /usr/bin/chromium
import { readFile, writeFile } from "node:fs/promises";
import { chromium } from "@playwright/test";

const PUBLIC = new URL("../public/", import.meta.url);
const svg = await readFile(new URL("icon.svg", PUBLIC), "utf8");
/** Systems crop these icons to their own shape, so the background fills the square and the symbol is in the middle. */
const square = svg.replace('rx="8"', "").replace('viewBox="0 0 32 32"', 'viewBox="-4 -4 40 40"');
const full = square.replace('<rect width="32" height="32"', '<rect x="-4" y="-4" width="40" height="40"');

const ICONS = [
  ["icon-192.png", svg, 192],
  ["icon-512.png", svg, 512],
  ["icon-maskable-512.png", full, 512],
  ["apple-touch-icon.png", full, 180],
];

const browser = await chromium.launch({ executablePath: process.argv[2], args: ["--no-sandbox"] });
const page = await browser.newPage();
for (const [name, picture, size] of ICONS) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>body{margin:0}svg{display:block}</style>${picture.replace("<svg", `<svg width="${size}"`)}`,
  );
  await writeFile(new URL(name, PUBLIC), await page.screenshot({ omitBackground: true }));
}
await browser.close();
