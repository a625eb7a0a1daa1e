// Starts the stacks that the tests open in the browser: `local-stack up` as developers run it, and the gateway as in
// the compose stack, with services of its own.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startGateway } from "./gateway";
import {
  ARTEFACTS,
  LOCAL_STACK,
  SITE,
  SITES_FILE,
  type Kind,
  type Site,
  type Sites,
  type Hosting,
} from "./environment";
import { freePort } from "./ports";
import { Program } from "./program";
import { providerUrl, socialProviders, startProvider } from "./provider";

/** Environment variables of the services. */
export type Settings = Record<string, string>;

// Rate limits are off, because all tests come from one machine; auth-service tests the limits. Hashing is as cheap as
// possible, since its duration is not tested here.
const DEFAULT: Settings = { RATE_LIMIT_ENABLED: "false", BCRYPT_COST: "4" };

// Tokens expire during a test, sessions soon after their last use, and sessions stop being fresh before either. No
// leeway: a token expires exactly at its expiry.
const SHORT_LIVED: Settings = {
  ...DEFAULT,
  JWT_TTL: "4s",
  CLOCK_SKEW: "0s",
  SESSION_TTL: "8s",
  SESSION_UPDATE_AGE: "1s",
  SESSION_FRESH_AGE: "3s",
};

// Sign-ups, email changes and deletions have to be confirmed by email.
const EMAIL_VERIFICATION: Settings = {
  ...DEFAULT,
  REQUIRE_EMAIL_VERIFICATION: "true",
  CHANGE_EMAIL_CONFIRMATION: "true",
  DELETE_USER_VERIFICATION: "true",
};

// Second factors, and the ways to sign in besides passwords and providers.
const SECOND_FACTORS: Settings = {
  ...DEFAULT,
  TWO_FACTOR_ENABLED: "true",
  MAGIC_LINK_ENABLED: "true",
  EMAIL_OTP_ENABLED: "true",
  USERNAME_ENABLED: "true",
};

/** Returns the environment variables to pass on, without a developer's settings for other stacks. */
function inherited(): Settings {
  const names = ["PATH", "HOME", "USER", "PG_BIN", "TMPDIR", "LANG"];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/** The ports of one stack. */
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

/** The services' settings in the compose stack: only the gateway's own origin is trusted. */
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

/** Records a program, so that it is stopped even if another one fails to start. */
function keep(starting: Promise<Program>): Promise<Program> {
  started.push(starting);
  return starting;
}

/** Stops all started programs. */
export async function stopAll(): Promise<void> {
  const outcomes = await Promise.allSettled(started);
  await Promise.all(outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value.stop() : undefined)));
}

/** Starts a separate stack, to break it or to use other settings. `stopAll` stops it. */
export async function startOwn(root: string, hosting: Hosting, settings: Settings = {}): Promise<Site> {
  return (await start(root, "own", [hosting], { ...DEFAULT, ...settings }))[hosting];
}

/** Starts a stack for one hosting, or for both if the tests do not depend on trusted origins. */
async function start(
  root: string,
  name: string,
  hostings: readonly Hosting[],
  settings: Settings,
): Promise<Record<Hosting, Site>> {
  const home = path.join(root, name);
  mkdirSync(home);
  const [auth, tasks, web, gateway] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const ports = { auth, tasks, web, gateway };
  const starting: Promise<Program>[] = [];
  if (hostings.includes("behind the gateway")) {
    const own = hostings.length === 1 ? behindGateway(ports) : { BASE_URL: `http://localhost:${gateway}` };
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
  const provider = await providerUrl();
  const [direct, gateway, short, byMail, byMailGateway, social, factors, factorsGateway, required] = await Promise.all([
    start(root, "direct", ["across origins"], DEFAULT),
    start(root, "gateway", ["behind the gateway"], DEFAULT),
    start(root, "short", ["across origins", "behind the gateway"], SHORT_LIVED),
    // Two stacks, so that links lead to the service itself and from there to the page on another origin.
    start(root, "by-mail", ["across origins"], EMAIL_VERIFICATION),
    start(root, "by-mail-gateway", ["behind the gateway"], EMAIL_VERIFICATION),
    start(root, "social", ["across origins", "behind the gateway"], {
      ...DEFAULT,
      SOCIAL_PROVIDERS: socialProviders(provider),
    }),
    // Links of emails and challenges depend on the origins.
    start(root, "factors", ["across origins"], SECOND_FACTORS),
    start(root, "factors-gateway", ["behind the gateway"], SECOND_FACTORS),
    start(root, "required", ["across origins", "behind the gateway"], {
      ...SECOND_FACTORS,
      TWO_FACTOR_REQUIRED_FOR: "everybody",
    }),
    keep(startProvider(provider)),
  ]);
  const of = (hosting: Hosting, usual: Record<Hosting, Site>): Record<Kind, Site> => ({
    default: usual[hosting],
    "short-lived": short[hosting],
    "email verification": (hosting === "across origins" ? byMail : byMailGateway)[hosting],
    social: { ...social[hosting], provider },
    "second factors": (hosting === "across origins" ? factors : factorsGateway)[hosting],
    "second factor required": required[hosting],
  });
  return { "across origins": of("across origins", direct), "behind the gateway": of("behind the gateway", gateway) };
}

/** Playwright calls this before all tests, and the returned function after them. */
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
