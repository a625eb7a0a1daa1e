/** The start page of signed-in users. */
const HOME = "/dashboard";

/** Pages that sign-in may return to. Other values could lead to another site. */
const PAGES = new Set(["/dashboard", "/settings"]);

/** The path of the sign-in page, with the reason and the page to return to. */
export function signInPath(from: string, expired: boolean): string {
  const query = new URLSearchParams();
  if (expired) {
    query.set("expired", "");
  }
  if (from !== HOME) {
    query.set("next", from);
  }
  const text = query.toString().replace("expired=", "expired");
  return text ? `/signin?${text}` : "/signin";
}

/** The path of the sign-in page after a sign-out, with a marker if the session could not be ended. */
export function signedOutPath(isSessionStillActive: boolean): string {
  return isSessionStillActive ? "/signin?not-ended" : "/signin";
}

/** The parameters of the sign-in page's query that name the page to return to. */
const DESTINATIONS = ["next", "callbackURL"];

/** The path of the sign-in page with the destination of this query, but not with its reasons and errors. */
export function retryPath(search: string): string {
  const query = new URLSearchParams([...new URLSearchParams(search)].filter(([name]) => DESTINATIONS.includes(name)));
  return query.size > 0 ? `/signin?${query}` : "/signin";
}

/** The path of the page that asks for a second factor, with the destination of this query. */
export function challengePath(methods: readonly string[], search: string): string {
  const next = new URLSearchParams(search).get("next");
  const query = new URLSearchParams({ methods: methods.join(","), ...(next && { next }) });
  return `/two-factor?${query}`;
}

/** Paths that are not pages of this origin: endpoints, the page that asks, and one that is read as another host. */
const NO_PAGES = /^(\/\/|\/api\/|\/two-factor$)/;

/**
 * Returns the path to open after a second factor, given the query of the page that asked for it. The service adds a
 * `callbackURL`, but anybody can write such a URL, so only paths of this origin are opened.
 */
export function challengeDestination(search: string, origin: string): string {
  const callback = new URLSearchParams(search).get("callbackURL");
  if (callback === null) {
    return returnPath(search);
  }
  try {
    const url = new URL(callback, origin);
    // A `blob:` URL has the origin of its page too.
    const isHere = url.origin === origin && url.href.startsWith(`${origin}/`);
    return isHere && !NO_PAGES.test(url.pathname) ? url.pathname + url.search + url.hash : HOME;
  } catch {
    return HOME;
  }
}

/** Whether the page's router can open this path. Other paths of this origin belong to other applications. */
export function isOwnPage(path: string): boolean {
  return PAGES.has(new URL(path, "http://page.invalid").pathname);
}

/** The path of the sign-in page to start a challenged sign-in again, for the application that asked for it, if any. */
export function restartPath(search: string, origin: string, application: string | undefined): string {
  if (application !== undefined) {
    return `/signin?${new URLSearchParams({ callbackURL: application })}`;
  }
  const destination = challengeDestination(search, origin);
  return isOwnPage(destination) ? signInPath(destination, false) : "/signin";
}

/** Returns the path to open after sign-in, given the query of the sign-in page. */
export function returnPath(search: string): string {
  const next = new URLSearchParams(search).get("next") ?? HOME;
  const base = "http://page.invalid";
  try {
    const url = new URL(next, base);
    return url.origin === base && PAGES.has(url.pathname) ? url.pathname + url.search + url.hash : HOME;
  } catch {
    return HOME;
  }
}
