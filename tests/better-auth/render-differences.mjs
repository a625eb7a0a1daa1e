// Prints the deliberate differences as the table in docs/API.md.

import { DIFFERENCES } from "./differences.mjs";

console.log("| difference | reason |\n|---|---|");
for (const { difference, reason } of DIFFERENCES) console.log(`| ${difference} | ${reason} |`);
