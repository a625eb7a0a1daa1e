import { takeEarly } from "@/early/early";
import { withTimeout } from "./time-limit";

/** The origins of the two services. An empty string means the page's own origin. */
export interface ServiceUrls {
  auth: string;
  tasks: string;
}

/** `/config.json`: service URLs by the host name that the page was opened under. */
export interface HostConfig {
  hosts: Record<string, ServiceUrls>;
  default: ServiceUrls;
}

/** Returns the service URLs for a page opened as `hostname` under `origin`, as full origins. */
export function serviceUrlsFor(config: HostConfig, hostname: string, origin: string): ServiceUrls {
  const entry = Object.hasOwn(config.hosts, hostname) ? config.hosts[hostname] : undefined;
  const { auth, tasks } = entry ?? config.default;
  return { auth: auth || origin, tasks: tasks || origin };
}

let loading: Promise<ServiceUrls> | undefined;

async function load(): Promise<ServiceUrls> {
  const early = takeEarly("config");
  const response = await withTimeout((signal) => fetch("/config.json", { cache: "no-cache", signal }), { early });
  if (!response.ok) {
    throw new Error(`config.json: ${response.status}`);
  }
  return serviceUrlsFor((await response.json()) as HostConfig, location.hostname, location.origin);
}

/** Returns the service URLs for this page. They are requested once, and again only after a failure. */
export function serviceUrls(): Promise<ServiceUrls> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}
