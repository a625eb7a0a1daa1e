// Sign-in by a link in mail. The browser that requested the link opens it, as people do.

import { clientOf } from "../client.mjs";

/** Ada's browser, which requested a link, and the link. */
const asked = async (at, more = {}) => {
  const ada = at.browser();
  ada.email = at.email("ada");
  await ada.post("/sign-in/magic-link", { email: ada.email, name: "Ada", callbackURL: "/in", ...more });
  return { ada, link: await at.mail(ada.email) };
};

const BODIES = [
  {}, { email: 1 }, { email: null }, { email: "a@" }, { email: [] }, { email: {} }, { email: true },
  { email: "a@b.co", name: 1 }, { email: "a@b.co", name: null }, { email: "a@b.co", metadata: "x" },
  { email: "a@b.co", metadata: [] }, { email: "a@b.co", callbackURL: 1 }, { email: "a@b.co", newUserCallbackURL: 1 },
  { email: "a@b.co", errorCallbackURL: null }, [], "x", null, 1,
];
const ELSEWHERE = ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "x"];

const on = {
  "a new user": async (at) => {
    const { ada, link } = await asked(at);
    await ada.open(link.path);
    await ada.get("/get-session");
  },
  "a new user goes to a page of their own": async (at) => {
    const { ada, link } = await asked(at, { newUserCallbackURL: "/welcome?a=b", metadata: { a: 1 } });
    await ada.open(link.path);
  },
  "a known user": async (at) => {
    const { ada, link } = await asked(at, { newUserCallbackURL: "/welcome" });
    await ada.open(link.path);
    await ada.post("/sign-in/magic-link", { email: ada.email, callbackURL: "http://localhost:3000/in", newUserCallbackURL: "/welcome" });
    await ada.open((await at.mail(ada.email, 2)).path);
    await ada.get("/get-session");
  },
  "without a callback": async (at) => {
    const { ada, link } = await asked(at, { callbackURL: undefined, name: undefined });
    await ada.get(`/magic-link/verify?token=${link.token}`);
    await ada.get("/get-session");
  },
  "an account whose email was not verified": async (at) => {
    const stranger = await at.user("ada");
    const { ada, link } = await asked(at);
    await ada.open(link.path);
    await ada.get("/get-session");
    await stranger.get("/get-session");
    await at.elsewhere(stranger);
  },
  "a token twice": async (at) => {
    const { ada, link } = await asked(at, { errorCallbackURL: "/failed?a=b" });
    await ada.open(link.path);
    await ada.open(link.path);
  },
  "a token that is over": async (at) => {
    const { ada, link } = await asked(at);
    await at.rows.expireLink(link.token);
    await ada.open(link.path);
  },
  "a token of nobody": async (at) => {
    await at.get("/magic-link/verify?token=garbage");
    await at.get("/magic-link/verify?token=garbage&callbackURL=/in");
    await at.get("/magic-link/verify?token=garbage&callbackURL=/in&errorCallbackURL=http%3A%2F%2Flocalhost%3A3000%2Ffailed");
    await at.get("/magic-link/verify?token=");
    await at.get("/magic-link/verify?token=%F0%9F%91%A9&callbackURL=/in");
    await at.get("/magic-link/verify");
    await at.get("/magic-link/verify?token=a&token=b");
  },
  "an address in capitals": async (at) => {
    const { ada, link } = await asked(at);
    await ada.open(link.path);
    await ada.post("/sign-in/magic-link", { email: "nobody@EXAMPLE" });
  },
  "bodies that are not valid": async (at) => {
    for (const body of BODIES) await at.post("/sign-in/magic-link", body);
    await at.post("/sign-in/magic-link", undefined, { text: "{", type: "application/json" });
    await at.post("/sign-in/magic-link", undefined, { text: "email=a@b.co", type: "application/x-www-form-urlencoded" });
    await at.post("/sign-in/magic-link");
  },
  "targets elsewhere": async (at) => {
    for (const target of ELSEWHERE) {
      for (const name of ["callbackURL", "newUserCallbackURL", "errorCallbackURL"]) {
        await at.post("/sign-in/magic-link", { email: at.email("nobody"), [name]: target });
        await at.get(`/magic-link/verify?token=garbage&${name}=${encodeURIComponent(target)}`);
      }
    }
  },
  "origins that are not trusted": async (at) => {
    const body = { email: at.email("nobody") };
    await at.post("/sign-in/magic-link", body, { headers: { origin: "https://evil.example" } });
    await at.post("/sign-in/magic-link", body, { headers: { origin: "https://evil.example", cookie: "better-auth.session_token=a" } });
    await at.post("/sign-in/magic-link", body, { headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" } });
  },
  "a link from a page that is not trusted": async (at) => {
    const { ada, link } = await asked(at);
    await ada.get(link.path, { headers: { origin: "https://evil.example" } });
  },
  "the official client": async (at) => {
    const { call } = clientOf(at);
    const email = at.email("ada");
    await call("signIn.magicLink", { email, name: "Ada" });
    const { token } = await at.mail(email);
    await call("magicLink.verify", { query: { token } });
    await call("getSession");
    await call("magicLink.verify", { query: { token: "" } });
  },
  "another browser": async (at) => {
    const { ada, link } = await asked(at);
    const there = at.browser();
    await there.open(link.path);
    await ada.get("/get-session");
  },
  "a program": async (at) => {
    const { link } = await asked(at);
    await at.get(link.path);
  },
  "the button of the page": async (at) => {
    const { link } = await asked(at);
    const there = at.browser();
    await there.submit("/magic-link/verify", { token: link.token, callbackURL: "/in" });
  },
  "an app posts the token": async (at) => {
    const { link } = await asked(at);
    await at.post("/magic-link/verify", { token: link.token });
    await at.post("/magic-link/verify", { token: link.token });
    await at.post("/magic-link/verify", {});
  },
};

const closed = {
  "where nobody can sign up": async (at) => {
    await at.post("/sign-in/magic-link", { email: at.email("nobody") });
  },
};

const limits = {
  "of links that sign in": async (at) => {
    const headers = { "x-forwarded-for": "198.51.100.60" };
    for (let count = 0; count < 6; count += 1) await at.post("/sign-in/magic-link", {}, { headers });
    for (let count = 0; count < 6; count += 1) await at.get("/magic-link/verify?token=garbage", { headers });
  },
};

const off = {
  "where it is off": async (at) => {
    await at.post("/sign-in/magic-link", { email: at.email("nobody") });
    await at.get("/magic-link/verify?token=garbage");
  },
};

export default { "magic-link": on, "magic-link-closed": closed, "by-email-limits": limits, plain: off };
