import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT, SITE } from "./environment";
import { freePort } from "./ports";
import { Program } from "./program";

/** Creates the `PAGE` directory of the gateway's image. */
export function pageDirectory(home: string): string {
  const page = path.join(home, "page");
  mkdirSync(page);
  symlinkSync(SITE, path.join(page, "files"));
  const policy = execFileSync("node", [path.join(ROOT, "gateway/policy.mjs"), path.join(SITE, "csp.json")]);
  writeFileSync(path.join(page, "policy.caddy"), policy);
  return page;
}

/** Starts the real gateway in front of two services. */
export async function startGateway(home: string, port: number, authPort: number, tasksPort: number): Promise<Program> {
  return Program.start({
    name: "caddy",
    program: "caddy",
    args: ["run", "--adapter", "caddyfile", "--config", path.join(ROOT, "gateway/Caddyfile")],
    env: {
      PATH: process.env.PATH ?? "",
      HOME: home,
      GATEWAY_HTTP_PORT: String(port),
      GATEWAY_HEALTH_PORT: String(await freePort()),
      AUTH_UPSTREAM_HOST: "127.0.0.1",
      AUTH_UPSTREAM_PORT: String(authPort),
      TASKS_UPSTREAM_HOST: "127.0.0.1",
      TASKS_UPSTREAM_PORT: String(tasksPort),
      PAGE: pageDirectory(home),
    },
    ready: /serving initial configuration/,
  });
}
