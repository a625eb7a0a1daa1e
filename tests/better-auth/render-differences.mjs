// Prints the deliberate differences as the table that docs/API.md shows.

import { DIFFERENCES } from "./differences.mjs";

console.log("| difference | reason |\n|---|---|");
for (const { difference, reason } of DIFFERENCES) console.log(`| ${difference} | ${reason} |`);
