import { takeEarly } from "@/early/early";
import { withinLimit } from "./time-limit";

/** Where the two services are reached; an empty text means under the page's own origin. */
export interface Addresses {
  auth: string;
  tasks: string;
}

/** `/config.json`: addresses by the host name that the page was opened under. */
export interface HostConfig {
  hosts: Record<string, Addresses>;
  default: Addresses;
}

/** The addresses for a page opened as `hostname` under `origin`, as full origins. */
export function addressesFor(config: HostConfig, hostname: string, origin: string): Addresses {
  const entry = Object.hasOwn(config.hosts, hostname) ? config.hosts[hostname] : undefined;
  const { auth, tasks } = entry ?? config.default;
  return { auth: auth || origin, tasks: tasks || origin };
}

let loading: Promise<Addresses> | undefined;

async function load(): Promise<Addresses> {
  const early = takeEarly("config");
  const answer = await withinLimit((signal) => fetch("/config.json", { cache: "no-cache", signal }), { early });
  if (!answer.ok) {
    throw new Error(`config.json: ${answer.status}`);
  }
  return addressesFor((await answer.json()) as HostConfig, location.hostname, location.origin);
}

/** The addresses for this page: asked for once, and again only after a failure. */
export function addresses(): Promise<Addresses> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}
