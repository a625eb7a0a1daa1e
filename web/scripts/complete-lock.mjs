// Adds optional packages for other platforms to the lock file if the registry in use does not have them. Without this,
// npm omits them from the lock file and `npm ci` fails to find them. The added entries have no integrity, since it is
// unknown. Run this after changing dependencies with such a registry: node scripts/complete-lock.mjs package-lock.json
import { readFileSync, writeFileSync } from "node:fs";
const path = process.argv[2];
const lock = JSON.parse(readFileSync(path, "utf8"));
const OS = new Set(["android", "darwin", "freebsd", "linux", "openharmony", "win32"]);
const added = [];
for (const [where, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const at = `node_modules/${name}`;
    if (lock.packages[at] || lock.packages[`${where}/${at}`] || !/^\d+\.\d+\.\d+$/.test(range)) continue;
    const parts = name.split("/").pop().split("-");
    const os = parts.find((part) => OS.has(part));
    const cpu = parts.find((part) => /^(x64|arm64|arm|ia32|riscv64|s390x|ppc64|loong64|wasm32)$/.test(part));
    lock.packages[at] = {
      version: range,
      cpu: cpu ? [cpu] : undefined,
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      os: os ? [os] : undefined,
    };
    added.push(`${name}@${range} os=${os} cpu=${cpu}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added.join("\n")}\n`);
