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
