/** Where signed-in people begin. */
export const START = "/dashboard";

/** Pages that one may come back to. Anything else could be somebody else's site. */
const PAGES = new Set(["/dashboard", "/settings"]);

/** The sign-in page's address: why one is there, and where to go from it. */
export function signInPath(from: string, expired: boolean): string {
  const query = new URLSearchParams();
  if (expired) {
    query.set("expired", "");
  }
  if (from !== START) {
    query.set("next", from);
  }
  const text = query.toString().replace("expired=", "expired");
  return text ? `/signin?${text}` : "/signin";
}

/** The sign-in page's address after a sign-out. It says so if the session could not be ended. */
export function signedOutPath(isSessionStillActive: boolean): string {
  return isSessionStillActive ? "/signin?not-ended" : "/signin";
}

/** Where to go after signing in, given the sign-in page's query. */
export function returnPath(search: string): string {
  const next = new URLSearchParams(search).get("next") ?? START;
  const base = "http://page.invalid";
  try {
    const url = new URL(next, base);
    return url.origin === base && PAGES.has(url.pathname) ? url.pathname + url.search + url.hash : START;
  } catch {
    return START;
  }
}
