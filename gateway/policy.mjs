// Prints the page's Content-Security-Policy as a line of Caddy configuration, from the hashes that the page's build
// computed: `node gateway/policy.mjs web/out/csp.json`. local-stack/src/page/policy.rs creates the same policy.
import { readFileSync } from "node:fs";

const { script, style } = JSON.parse(readFileSync(process.argv[2], "utf8"));

const isHash = (source) => /^'sha256-[A-Za-z0-9+/=]+'$/.test(source);

/** The sources, each preceded by a space. Throws if one of them is not allowed here. */
function list(sources, allowed) {
  const wrong = sources.find((source) => !allowed(source));
  if (wrong !== undefined) {
    throw new Error(`${wrong} is nothing that the page may use`);
  }
  return sources.map((source) => ` ${source}`).join("");
}

// The page calls the services at its own origin, so it connects only to `'self'`.
const policy = [
  "default-src 'none'",
  `script-src 'self'${list(script, isHash)}`,
  `style-src 'self'${list(style, (source) => isHash(source) || source === "'unsafe-inline'")}`,
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "manifest-src 'self'",
];
console.log(`header Content-Security-Policy "${policy.join("; ")}"`);
