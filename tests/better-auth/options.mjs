// Checks that docs/MIGRATING.md has a row for every option of Better Auth and of the plugins that are built in. Reads the
// options from the types of the installed packages, down to named types and functions.

import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const CORE = "node_modules/@better-auth/core/dist/types/init-options.d.mts";
/** Where each type is declared, and the prefix of its options. */
const TYPES = [
  { file: CORE, type: "BetterAuthOptions", prefix: "" },
  { file: CORE, type: "BetterAuthAdvancedOptions", prefix: "advanced." },
  { file: CORE, type: "BetterAuthRateLimitOptions", prefix: "rateLimit." },
  { file: CORE, type: "BetterAuthRateLimitRule", prefix: "rateLimit." },
  { file: "node_modules/better-auth/dist/plugins/jwt/types.d.mts", type: "JwtOptions", prefix: "jwt()." },
  { file: "node_modules/better-auth/dist/plugins/username/index.d.mts", type: "UsernameOptions", prefix: "username()." },
  { file: "node_modules/better-auth/dist/plugins/two-factor/types.d.mts", type: "TwoFactorOptions", prefix: "twoFactor()." },
  { file: "node_modules/better-auth/dist/plugins/two-factor/totp/index.d.mts", type: "TOTPOptions", prefix: "twoFactor().totpOptions." },
  { file: "node_modules/better-auth/dist/plugins/two-factor/otp/index.d.mts", type: "OTPOptions", prefix: "twoFactor().otpOptions." },
  {
    file: "node_modules/better-auth/dist/plugins/two-factor/backup-codes/index.d.mts",
    type: "BackupCodeOptions",
    prefix: "twoFactor().backupCodeOptions.",
  },
  { file: "node_modules/better-auth/dist/plugins/bearer/index.d.mts", type: "BearerOptions", prefix: "bearer()." },
  { file: "node_modules/better-auth/dist/plugins/magic-link/index.d.mts", type: "MagicLinkOptions", prefix: "magicLink()." },
  { file: "node_modules/better-auth/dist/plugins/email-otp/types.d.mts", type: "EmailOTPOptions", prefix: "emailOTP()." },
];
/** The options of every table (BetterAuthDBOptions). */
const OF_TABLES = ["modelName", "fields", "additionalFields"];
/** Fewer options mean that the format of the types has changed and they are no longer read. */
const FEWEST = 150;

const found = (await Promise.all(TYPES.map(optionsOf))).flat();
const options = [...new Set([...found, "rateLimit.modelName", "rateLimit.fields"])].filter(
  (option) => !["advanced", "rateLimit"].includes(option),
);
const rows = await documented();
const covers = (row, option) => row === option || (row.endsWith(".*") && option.startsWith(row.slice(0, -1)));
const missing = options.filter((option) => !rows.some((row) => covers(row, option)));
const unknown = rows.filter((row) => !options.some((option) => covers(row, option)));
for (const option of missing) console.log(`no row in docs/MIGRATING.md: ${option}`);
for (const row of unknown) console.log(`docs/MIGRATING.md has a row for an unknown option: ${row}`);
if (options.length < FEWEST) console.log(`found only ${options.length} options`);
console.log(`${options.length} options, ${rows.length} named in the table`);
process.exitCode = missing.length + unknown.length > 0 || options.length < FEWEST ? 1 : 0;

async function optionsOf({ file, type, prefix }) {
  const source = (await readFile(join(here, file), "utf8")).replace(/\/\*[\s\S]*?\*\//g, "");
  const start = source.search(new RegExp(`^export (type|interface) ${type}\\b`, "m"));
  if (start < 0) throw new Error(`${file} does not declare ${type}`);
  const [, ...lines] = source.slice(start).split("\n");
  const all = [];
  const path = [];
  let inside = 0;
  for (const line of lines) {
    const depth = balance(line);
    if (inside > 0) {
      inside += depth;
      continue;
    }
    if (/^\s*}/.test(line)) {
      if (path.length === 0) return all;
      path.pop();
      continue;
    }
    const [, key, name] = /^\s*(\[key: string\]|(\w+)\??):/.exec(line) ?? [];
    if (key === undefined) {
      inside += Math.max(depth, 0);
      continue;
    }
    const option = [...path, name ?? "<name>"];
    const spelled = (parts) => `${prefix}${parts.join(".")}`;
    const ofTable = /BetterAuthDBOptions/.test(line);
    if (ofTable) all.push(...OF_TABLES.map((field) => spelled([...option, field])));
    // A bracket before the brace belongs to a function's parameters.
    if (/(:|&) \{$/.test(line) && (ofTable || !line.includes("("))) {
      path.push(option.at(-1));
    } else {
      all.push(spelled(option));
      inside += Math.max(depth, 0);
    }
  }
  throw new Error(`${file}: ${type} does not end`);
}

/** The number of opening minus closing brackets in a line. */
function balance(line) {
  return line.replace(/=>/g, "").replace(/[^(){}<>[\]]/g, "").split("").reduce((sum, c) => sum + ("({<[".includes(c) ? 1 : -1), 0);
}

/** The options in the first column of the table. */
async function documented() {
  const text = await readFile(join(here, "../../docs/MIGRATING.md"), "utf8");
  const table = /<!-- begin: every option -->([\s\S]*?)<!-- end: every option -->/.exec(text)?.[1];
  if (table === undefined) throw new Error("docs/MIGRATING.md has no table of every option");
  const firsts = table.split("\n").filter((line) => line.startsWith("| `")).map((line) => line.split(" | ")[0]);
  return firsts.flatMap((first) => [...first.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
}
