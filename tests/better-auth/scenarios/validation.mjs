import { everyBody, everyValue } from "../bodies.mjs";
import { PASSWORD } from "../browser.mjs";

/** Every endpoint with a body, and a valid body. */
const ENDPOINTS = {
  "/sign-up/email": (at) => ({
    name: "Ada", email: at.email("ada"), password: PASSWORD, image: "x.png", callbackURL: "/", rememberMe: true,
  }),
  "/sign-in/email": (at) => ({ email: at.email("ada"), password: PASSWORD, callbackURL: "/", rememberMe: true }),
  "/revoke-session": () => ({ token: "x" }),
  "/change-password": () => ({ newPassword: PASSWORD, currentPassword: PASSWORD, revokeOtherSessions: true }),
  "/change-email": (at) => ({ newEmail: at.email("new"), callbackURL: "/" }),
  "/delete-user": () => ({ password: PASSWORD, token: "x", callbackURL: "/" }),
  "/request-password-reset": (at) => ({ email: at.email("nobody"), redirectTo: "/" }),
  "/reset-password": () => ({ newPassword: PASSWORD, token: "x" }),
  "/send-verification-email": (at) => ({ email: at.email("nobody"), callbackURL: "/" }),
  "/update-user": () => ({ name: "Ada", image: "x.png" }),
};
const BODILESS = ["/sign-out", "/revoke-sessions", "/revoke-other-sessions"];
/** The endpoints that get every body. */
const THOROUGHLY = new Set(["/sign-in/email", "/update-user", "/sign-out"]);

const account = { ...everyValue(ENDPOINTS), ...everyBody([...Object.keys(ENDPOINTS), ...BODILESS], THOROUGHLY) };

const plain = {
  "a body over 64 KiB": (at) => at.post("/sign-in/email", { email: "x", password: "x".repeat(70_000) }),
  "a body with a Content-Encoding": async (at) => {
    const [text, headers] = ['{"email": "x", "password": "x"}', { "content-encoding": "gzip" }];
    await at.send("POST", "/sign-in/email", { text, type: "application/json", headers });
  },
  "a field twice": async (at) => {
    const text = `{"email": "x", "email": "${at.email("ada")}", "password": "x"}`;
    await at.send("POST", "/sign-in/email", { text, type: "application/json" });
  },
  "names that JavaScript has a meaning for": async (at) => {
    await at.send("POST", "/sign-in/email", { text: '{"__proto__": {"email": "a@b.de", "password": "x"}}', type: "application/json" });
    await at.send("POST", "/sign-in/email", { text: '{"constructor": 1, "email": 1}', type: "application/json" });
  },
  "numbers beyond all bounds": async (at) => {
    await at.send("POST", "/sign-in/email", { text: '{"email": 1e400, "password": -0}', type: "application/json" });
    await at.send("POST", "/sign-in/email", { text: `{"email": ${"9".repeat(400)}, "password": 1}`, type: "application/json" });
  },
  "a body nested deep": async (at) => {
    const text = `{"email": ${"[".repeat(5000)}${"]".repeat(5000)}}`;
    await at.send("POST", "/sign-in/email", { text, type: "application/json" });
  },
  "bytes that are no UTF-8": async (at) => {
    const text = Buffer.from([...Buffer.from('{"email": "'), 0xff, ...Buffer.from('", "password": "x"}')]);
    await at.send("POST", "/sign-in/email", { text, type: "application/json" });
  },
};

export default { account, plain };
