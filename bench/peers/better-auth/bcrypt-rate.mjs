// Prints how many passwords bcrypt's C implementation hashes per second.
//
//   node bcrypt-rate.mjs COST CONCURRENCY MILLISECONDS

import bcrypt from "bcrypt";

const [cost, concurrency, milliseconds] = process.argv.slice(2).map(Number);
const started = performance.now();
let hashes = 0;
let last = started;

async function hashRepeatedly() {
  while (performance.now() - started < milliseconds) {
    await bcrypt.hash("correct horse battery", cost);
    hashes += 1;
    last = performance.now();
  }
}

await Promise.all(Array.from({ length: concurrency }, hashRepeatedly));
console.log((hashes / (last - started)) * 1000);
