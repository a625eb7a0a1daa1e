const GETS = [
  "/get-session", "/list-sessions", "/token", "/jwks", "/ok", "/error", "/verify-email", "/reset-password/x",
  "/delete-user/callback", "/list-accounts",
];
const POSTS = [
  "/sign-up/email", "/sign-in/email", "/sign-out", "/revoke-session", "/revoke-sessions", "/revoke-other-sessions",
  "/update-user", "/change-password", "/change-email", "/delete-user", "/request-password-reset", "/reset-password",
  "/send-verification-email", "/verify-password", "/update-session",
];

const account = {
  "a wrong method": async (at) => {
    for (const path of GETS) {
      for (const method of ["PUT", "PATCH", "DELETE", "OPTIONS"]) await at.send(method, path);
    }
    for (const path of POSTS) {
      for (const method of ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]) await at.send(method, path);
    }
  },
  "POST where only GET is": async (at) => {
    for (const path of GETS.filter((path) => path !== "/get-session")) await at.post(path, {});
  },
  "HEAD where GET is": async (at) => {
    for (const path of GETS) await at.send("HEAD", path);
  },
  "the capabilities": (at) => at.get("/capabilities"),
  "the security events of nobody": (at) => at.get("/security-events"),
  "a trailing slash": async (at) => {
    for (const path of GETS) await at.get(`${path}/`);
    for (const path of POSTS) await at.post(`${path}/`, {});
  },
  "slashes too many": async (at) => {
    for (const path of ["//ok", "/sign-in//email", "//sign-in/email", "/reset-password//x"]) {
      await at.get(path);
      await at.post(path, {});
    }
  },
  "no such path": async (at) => {
    for (const path of ["", "/", "/nothing", "/sign-in", "/sign-up", "/sign-in/emails", "/OK", "/Sign-In/Email", "/ok/x"]) {
      await at.get(path);
      await at.post(path, {});
      await at.send("POST", path, { text: "{", type: "application/json" });
    }
  },
  "encoded paths": async (at) => {
    for (const path of ["/%6fk", "/ok%2f", "/sign-in%2femail", "/ok;x=y", "/ok%00", "/../auth/ok", "/./ok", "/ok?", "/ok#x"]) {
      await at.get(path);
    }
  },
  "a query that means nothing": async (at) => {
    await at.get("/ok?x=y");
    await at.get("/ok?%");
    await at.get("/get-session?%ff=%");
  },
  "a body where none is read": async (at) => {
    await at.send("GET", "/ok", { text: "{", type: "application/json" });
    await at.send("GET", "/get-session", { text: "x", type: "text/plain" });
  },
  "an unknown path with cookies of nowhere": async (at) => {
    await at.post("/nothing", {}, { headers: { cookie: "a=b", origin: "https://evil.example" } });
  },
};

const CODES = [
  "INVALID_TOKEN", "some-code_1", "", "a b", "<script>", "a&b", "\"x\"", "'", "x'y", "ä", "x".repeat(500), "a\nb", "%", "a.b",
  "state_mismatch", "0", "null",
];
Object.assign(account, {
  "the error page's code": async (at) => {
    await at.get("/error");
    for (const code of CODES) await at.get(`/error?error=${encodeURIComponent(code)}`);
    await at.get("/error?error=a&error=b");
    await at.get("/error?error_description=only");
  },
  "the error page's description": async (at) => {
    for (const text of CODES) await at.get(`/error?error=X&error_description=${encodeURIComponent(text)}`);
  },
});

export default { account };
