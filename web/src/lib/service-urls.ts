import { takeEarly } from "@/early/early";
import { withTimeout } from "./time-limit";

/** Where the two services are reached; an empty text means under the page's own origin. */
export interface ServiceUrls {
  auth: string;
  tasks: string;
}

/** `/config.json`: addresses by the host name that the page was opened under. */
export interface HostConfig {
  hosts: Record<string, ServiceUrls>;
  default: ServiceUrls;
}

/** The addresses for a page opened as `hostname` under `origin`, as full origins. */
export function serviceUrlsFor(config: HostConfig, hostname: string, origin: string): ServiceUrls {
  const entry = Object.hasOwn(config.hosts, hostname) ? config.hosts[hostname] : undefined;
  const { auth, tasks } = entry ?? config.default;
  return { auth: auth || origin, tasks: tasks || origin };
}

let loading: Promise<ServiceUrls> | undefined;

async function load(): Promise<ServiceUrls> {
  const early = takeEarly("config");
  const answer = await withTimeout((signal) => fetch("/config.json", { cache: "no-cache", signal }), { early });
  if (!answer.ok) {
    throw new Error(`config.json: ${answer.status}`);
  }
  return serviceUrlsFor((await answer.json()) as HostConfig, location.hostname, location.origin);
}

/** The addresses for this page: asked for once, and again only after a failure. */
export function serviceUrls(): Promise<ServiceUrls> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}
