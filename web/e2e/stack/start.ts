// Starts everything that the tests open in the browser: `local-stack up` as a developer has it, and the gateway as the
// compose stack has it, with services of its own.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startGateway } from "./gateway";
import { ARTEFACTS, LOCAL_STACK, SITE, SITES_FILE, type Kind, type Site, type Sites, type Way } from "./places";
import { freePort } from "./ports";
import { Program } from "./program";

/** Environment variables of the services. */
export type Settings = Record<string, string>;

// One machine plays a crowd, so it would run into the limits that hold for one; auth-service has tests of them. Hashes are
// as cheap as they can be, since what is tested here is not how long they take.
const USUAL: Settings = { RATE_LIMIT_ENABLED: "false", BCRYPT_COST: "4" };

// Tokens end in mid-work, sessions soon after they were last used, and before either a session is too old for what needs a
// fresh one. No leeway: the end of a token is its end.
const SHORT_LIVES: Settings = {
  ...USUAL,
  JWT_TTL: "4s",
  CLOCK_SKEW: "0s",
  SESSION_TTL: "8s",
  SESSION_UPDATE_AGE: "1s",
  SESSION_FRESH_AGE: "3s",
};

// What matters has to be agreed to by mail.
const BY_MAIL: Settings = {
  ...USUAL,
  REQUIRE_EMAIL_VERIFICATION: "true",
  CHANGE_EMAIL_CONFIRMATION: "true",
  DELETE_USER_VERIFICATION: "true",
};

/** What a developer's environment may hold for other stacks is not passed on. */
function inherited(): Settings {
  const names = ["PATH", "HOME", "USER", "PG_BIN", "TMPDIR", "LANG"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** Where the parts of one stack are reached. */
interface Ports {
  auth: number;
  tasks: number;
  web: number;
  gateway: number;
}

function localStack(home: string, ports: Ports, settings: Settings): Promise<Program> {
  return Program.start({
    name: `local-stack in ${home}`,
    program: LOCAL_STACK,
    args: ["up"],
    env: {
      ...inherited(),
      LATCHKEY_STATE_DIR: path.join(home, "state"),
      AUTH_PORT: String(ports.auth),
      TASKS_PORT: String(ports.tasks),
      WEB_PORT: String(ports.web),
      WEB_DIRECTORY: SITE,
      ...settings,
    },
    ready: /^Latchkey is up/,
  });
}

/** The services as the compose stack sets them: nobody but the gateway's own origin is trusted. */
function behindGateway(ports: Ports): Settings {
  const nobody = "https://nobody.example";
  return {
    BASE_URL: `http://localhost:${ports.gateway}`,
    TRUSTED_ORIGINS: nobody,
    CORS_ORIGINS: nobody,
    TRUSTED_PROXIES: "127.0.0.1",
    WEB_DIRECTORY: "/nonexistent",
  };
}

const started: Promise<Program>[] = [];

/** Remembers it, so that it is stopped also when what was started beside it fails. */
function keep(starting: Promise<Program>): Promise<Program> {
  started.push(starting);
  return starting;
}

/** Stops what was started. */
export async function stopAll(): Promise<void> {
  const outcomes = await Promise.allSettled(started);
  await Promise.all(outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value.stop() : undefined)));
}

/** Starts a stack that a test may break, or that has settings of its own; `stopAll` stops it. */
export async function startOwn(root: string, way: Way, settings: Settings = {}): Promise<Site> {
  return (await start(root, "own", [way], { ...USUAL, ...settings }))[way];
}

/** A stack for one way of serving, or for both where what is tested does not depend on whom the services trust. */
async function start(root: string, name: string, ways: readonly Way[], settings: Settings): Promise<Record<Way, Site>> {
  const home = path.join(root, name);
  mkdirSync(home);
  const [auth, tasks, web, gateway] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const ports = { auth, tasks, web, gateway };
  const starting: Promise<Program>[] = [];
  if (ways.includes("behind the gateway")) {
    const own = ways.length === 1 ? behindGateway(ports) : { BASE_URL: `http://localhost:${gateway}` };
    starting.push(
      keep(localStack(home, ports, { ...own, ...settings })),
      keep(startGateway(home, gateway, auth, tasks)),
    );
  } else {
    starting.push(keep(localStack(home, ports, settings)));
  }
  await Promise.all(starting);
  const local = (port: number) => `http://localhost:${port}`;
  const mail = path.join(home, "state/mail");
  return {
    "across origins": { origin: local(web), auth: local(auth), tasks: local(tasks), mail },
    "behind the gateway": { origin: local(gateway), auth: local(gateway), tasks: local(gateway), mail },
  };
}

async function startAll(root: string): Promise<Sites> {
  const [direct, gateway, short, byMail, byMailGateway] = await Promise.all([
    start(root, "direct", ["across origins"], USUAL),
    start(root, "gateway", ["behind the gateway"], USUAL),
    start(root, "short", ["across origins", "behind the gateway"], SHORT_LIVES),
    // Two, so that links lead to the service itself, and from there to the page on another origin.
    start(root, "by-mail", ["across origins"], BY_MAIL),
    start(root, "by-mail-gateway", ["behind the gateway"], BY_MAIL),
  ]);
  const of = (way: Way, usual: Record<Way, Site>): Record<Kind, Site> => ({
    usual: usual[way],
    "short lives": short[way],
    "agreed by mail": (way === "across origins" ? byMail : byMailGateway)[way],
  });
  return { "across origins": of("across origins", direct), "behind the gateway": of("behind the gateway", gateway) };
}

/** Playwright calls this first; what it answers is called last. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  if (!existsSync(LOCAL_STACK) || !existsSync(path.join(SITE, "csp.json"))) {
    throw new Error("Build first: cargo build --workspace --bins, and npm run build.");
  }
  rmSync(ARTEFACTS, { recursive: true, force: true });
  const root = mkdtempSync(path.join(tmpdir(), "latchkey-browser-"));
  const stop = async () => {
    await stopAll();
    rmSync(root, { recursive: true, force: true });
  };
  try {
    const file = path.join(root, "sites.json");
    writeFileSync(file, JSON.stringify(await startAll(root)));
    process.env[SITES_FILE] = file;
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
