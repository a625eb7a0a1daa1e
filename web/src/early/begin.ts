// The inline script at the head of every page that asks who is signed in. It sends the first requests while the page's
// own scripts are still on their way: where the services are, what they can do, who is
// signed in and, on the dashboard, the first tasks.
// `scripts/complete-pages.mjs` puts it into the exported HTML, so it imports nothing. If it fails, or is missing, the page
// asks by itself.
(() => {
  const config = fetch("/config.json", { cache: "no-cache" });
  // As `serviceUrlsFor` does it. The page reads the answer too, so this reads a copy.
  const addresses = config.then(async (answer) => {
    const { hosts, default: others } = (await answer.clone().json()) as import("@/lib/service-urls").HostConfig;
    return Object.hasOwn(hosts, location.hostname) ? (hosts[location.hostname] ?? others) : others;
  });
  const session = addresses.then(({ auth }) =>
    fetch(`${auth || location.origin}/api/auth/get-session`, { credentials: "include" }),
  );
  const capabilities = addresses.then(({ auth }) =>
    fetch(`${auth || location.origin}/api/auth/capabilities`, { credentials: "omit" }),
  );
  const early: import("./early").Early = { config, session, capabilities };
  // With filters in its address, the list is another one.
  if (location.pathname === "/dashboard" && !location.search) {
    early.tasks = Promise.all([addresses, session]).then(([{ tasks }, { headers }]) => {
      const token = headers.get("set-auth-jwt");
      if (!token) {
        return undefined;
      }
      const url = `${tasks || location.origin}/api/me/tasks?status=all`;
      const answer = fetch(url, { headers: { Authorization: `Bearer ${token}` }, credentials: "omit" });
      answer.catch(() => {});
      return { url, token, answer };
    });
  }
  // Whoever takes them hears of their failures.
  Object.values(early).forEach((asked: Promise<unknown>) => asked.catch(() => {}));
  window.latchkeyEarly = early;
  let marked = true;
  try {
    marked = localStorage.getItem("latchkey.signed-in") !== null;
    if (localStorage.getItem("latchkey.reminded") !== null) {
      document.documentElement.dataset.reminded = "";
    }
  } catch {
    // Storage may be forbidden. The page then shows its frame until it knows that nobody is signed in.
  }
  if (!marked) {
    document.documentElement.dataset.guest = "";
  }
})();
