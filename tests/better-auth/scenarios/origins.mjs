import { PASSWORD } from "../browser.mjs";

const ORIGINS = [
  "http://localhost:3000", "http://localhost:8081", "http://localhost:3001", "http://localhost", "https://localhost:3000",
  "http://LOCALHOST:3000", "http://localhost:3000/", "http://localhost:3000/page", "http://localhost:3000.evil.example",
  "http://localhost:3000@evil.example", "http://evil.example", "null", "", " ", "localhost:3000", "file://", "*",
  "http://user@localhost:3000", "chrome-extension://abc", "/", "http://", "http://[::1]:3000", "http://127.0.0.1:3000",
];
/** Headers that browsers send with a request, besides its origin. */
const METADATA = [
  { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
  { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", origin: "http://localhost:3000" },
  { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", origin: "http://localhost:3000" },
  { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", origin: "http://evil.example" },
  { "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate" },
  { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", origin: "null" },
  { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", referer: "http://localhost:3000/page" },
  { "sec-fetch-site": "none", "sec-fetch-mode": "navigate" },
  { "sec-fetch-mode": "cors" },
  { "sec-fetch-dest": "empty" },
  { "sec-fetch-site": "" },
  { "sec-fetch-site": " " },
  { referer: "http://localhost:3000/page" },
  { referer: "http://evil.example/page" },
  { origin: "http://localhost:3000", referer: "http://evil.example/page" },
  { origin: "http://evil.example", referer: "http://localhost:3000/page" },
  { origin: "null", referer: "http://localhost:3000/page" },
  { origin: "", referer: "http://localhost:3000/page" },
];
const POSTS = [
  "/sign-out", "/revoke-sessions", "/revoke-other-sessions", "/revoke-session", "/update-user", "/change-password",
  "/change-email", "/delete-user", "/request-password-reset", "/reset-password", "/send-verification-email",
  "/sign-in/email", "/sign-up/email", "/get-session", "/verify-password", "/update-session",
];

const plain = {
  "a sign-in from everywhere": async (at) => {
    const body = { email: at.email("ada"), password: PASSWORD };
    for (const origin of ORIGINS) await at.post("/sign-in/email", body, { headers: { origin } });
  },
  "a sign-in under the other names of this machine": async (at) => {
    const body = { email: at.email("ada"), password: PASSWORD };
    for (const origin of ["http://127.0.0.1:8081", "http://[::1]:8081"]) await at.post("/sign-in/email", body, { headers: { origin } });
  },
  "names of this machine that are not trusted": async (at) => {
    const body = { email: at.email("ada"), password: PASSWORD };
    const origins = ["http://127.0.0.1", "http://127.0.0.1:8082", "https://127.0.0.1:8081", "http://127.0.0.2:8081", "http://[::2]:8081"];
    for (const origin of origins) await at.post("/sign-in/email", body, { headers: { origin } });
  },
  "a request with cookies from everywhere": async (at) => {
    for (const origin of ORIGINS) await at.post("/sign-out", {}, { headers: { cookie: "a=b", origin } });
  },
  "a Referer that is not ASCII": async (at) => {
    const headers = { cookie: "a=b", referer: "http://localhost:3000/ä" };
    await at.post("/sign-out", {}, { headers });
  },
  "a request without cookies from everywhere": async (at) => {
    for (const origin of ORIGINS) await at.post("/sign-out", {}, { headers: { origin } });
  },
  "a sign-in with everything that browsers say": async (at) => {
    const body = { email: at.email("ada"), password: PASSWORD };
    for (const headers of METADATA) await at.post("/sign-in/email", body, { headers });
  },
  "a sign-in with cookies and everything that browsers say": async (at) => {
    const body = { email: at.email("ada"), password: PASSWORD };
    for (const headers of METADATA) await at.post("/sign-in/email", body, { headers: { ...headers, cookie: "a=b" } });
  },
  "a sign-up with everything that browsers say": async (at) => {
    for (const [index, headers] of METADATA.entries()) {
      await at.post("/sign-up/email", { name: "Ada", email: at.email(`ada${index}`), password: PASSWORD }, { headers });
    }
  },
  "a sign-out with everything that browsers say": async (at) => {
    for (const headers of METADATA) await at.post("/sign-out", {}, { headers: { ...headers, cookie: "a=b" } });
  },
  "cookies without an origin, at every endpoint": async (at) => {
    for (const path of POSTS) await at.post(path, {}, { headers: { cookie: "a=b" } });
  },
  "cookies from a page that is not trusted, at every endpoint": async (at) => {
    const headers = { cookie: "a=b", origin: "https://evil.example" };
    for (const path of POSTS) await at.post(path, {}, { headers });
  },
  "a page that is not trusted, without cookies, at every endpoint": async (at) => {
    for (const path of POSTS) await at.post(path, {}, { headers: { origin: "https://evil.example" } });
  },
  "the origin is looked at after the JSON": async (at) => {
    const headers = { cookie: "a=b", origin: "https://evil.example" };
    await at.send("POST", "/sign-in/email", { text: "{", type: "application/json", headers });
    await at.send("POST", "/sign-in/email", { text: "{}", type: "text/plain", headers });
  },
  "an empty Cookie header": async (at) => {
    await at.post("/sign-out", {}, { headers: { cookie: "", origin: "https://evil.example" } });
    await at.post("/sign-out", {}, { headers: { cookie: "" } });
  },
};

/** Origins and targets to try against the wildcards of TRUSTED_ORIGINS. */
const WILD = [
  "https://app.example.com", "https://a.b.example.com", "https://example.com", "http://app.example.com",
  "https://evilexample.com", "https://app.example.com.evil.example", "https://app.example.com:8443", "https://.example.com",
  "https://app.example.net", "http://app.example.net", "http://app.example.net:81", "https://example.net",
  "http://localhost:3000", "http://localhost:3009", "http://localhost:300", "http://localhost:30000", "http://localhost:3100",
  "https://evil.example/https://app.example.com", "https://evil.example?.example.com", "https://evil.example#.example.com",
  "https://user@app.example.com", "https://APP.EXAMPLE.COM", "https://*.example.com",
  "myapp://", "myapp://callback", "MYAPP://callback", "myapp:callback", "other://callback", "exp://192.168.1.5:19000/--/x",
  "exp://192.168.evil.example:1/x", "exp://10.0.0.1:19000/--/x", "exp://x@192.168.1.5:19000/x",
];
/** Values of `expo-origin`. */
const APPS = [
  "myapp://", "myapp://callback", "MYAPP://", "other://", "exp://192.168.1.5:19000", "exp://192.168.evil.example:1", "",
  "http://evil.example", "javascript://", "nonsense",
];
const wildcards = {
  "origins that a pattern may fit": async (at) => {
    for (const origin of WILD) await at.post("/sign-out", {}, { headers: { cookie: "a=b", origin } });
  },
  "an app without an Origin": async (at) => {
    const body = { email: at.email("ada"), password: PASSWORD };
    for (const app of APPS) {
      await at.post("/sign-out", {}, { headers: { cookie: "a=b", "expo-origin": app } });
      await at.post("/sign-in/email", body, { headers: { "expo-origin": app } });
    }
  },
  "an app beside other headers": async (at) => {
    for (const other of [{ origin: "http://evil.example" }, { origin: "null" }, { referer: "http://evil.example/" }]) {
      await at.post("/sign-out", {}, { headers: { cookie: "a=b", "expo-origin": "myapp://", ...other } });
    }
  },
  "a page that calls itself an app": async (at) => {
    const headers = { cookie: "a=b", "expo-origin": "http://localhost:3000" };
    await at.post("/sign-out", {}, { headers });
  },
  "targets that a pattern may fit": async (at) => {
    for (const origin of WILD) await at.post("/sign-in/email", { email: "x", password: "x", callbackURL: `${origin}/x` });
  },
};

export default { plain, wildcards };
