// The inline script at the head of every page that needs the session. It sends the first requests while the page's own
// scripts are still loading: the service URLs, the capabilities, the session and, on the dashboard, the first tasks.
// `scripts/complete-pages.mjs` inserts it into the exported HTML, so it cannot import anything. If it fails or is
// missing, the page sends these requests itself.
(() => {
  const config = fetch("/config.json", { cache: "no-cache" });
  // Same as `serviceUrlsFor`. The page reads the response too, so this reads a clone.
  const addresses = config.then(async (response) => {
    const { hosts, default: others } = (await response.clone().json()) as import("@/lib/service-urls").HostConfig;
    return Object.hasOwn(hosts, location.hostname) ? (hosts[location.hostname] ?? others) : others;
  });
  const session = addresses.then(({ auth }) =>
    fetch(`${auth || location.origin}/api/auth/get-session`, { credentials: "include" }),
  );
  const capabilities = addresses.then(({ auth }) =>
    fetch(`${auth || location.origin}/api/auth/capabilities`, { credentials: "omit" }),
  );
  const early: import("./early").Early = { config, session, capabilities };
  // Filters in the URL select a different list.
  if (location.pathname === "/dashboard" && !location.search) {
    early.tasks = Promise.all([addresses, session]).then(([{ tasks }, { headers }]) => {
      const token = headers.get("set-auth-jwt");
      if (!token) {
        return undefined;
      }
      const url = `${tasks || location.origin}/api/me/tasks?status=all`;
      const response = fetch(url, { headers: { Authorization: `Bearer ${token}` }, credentials: "omit" });
      response.catch(() => {});
      return { url, token, response };
    });
  }
  // Failures are handled where the responses are used.
  Object.values(early).forEach((request: Promise<unknown>) => request.catch(() => {}));
  window.latchkeyEarly = early;
  let marked = true;
  try {
    marked = localStorage.getItem("latchkey.signed-in") !== null;
    if (localStorage.getItem("latchkey.reminded") !== null) {
      document.documentElement.dataset.reminded = "";
    }
  } catch {
    // Storage may be blocked. The page then shows its frame until it knows that nobody is signed in.
  }
  if (!marked) {
    document.documentElement.dataset.guest = "";
  }
})();
