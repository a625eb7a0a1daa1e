// Providers that answer wrongly, and callbacks that a page posts.

import { begin, signInBy, verifiedUser } from "../sign-in-by.mjs";

const URLS = { callbackURL: "/there", errorCallbackURL: "/sign-in?from=there" };
const OF_TOKENS = [
  "alg-none", "alg-hs256", "wrong-key", "unknown-kid", "wrong-nonce", "no-nonce", "wrong-audience", "wrong-issuer", "expired",
];
const OF_ANSWERS = ["no-id-token", "token-500", "token-error", "not-json", "huge", "redirect"];
const OF_USERINFO = ["userinfo-500", "userinfo-not-json", "userinfo-huge", "userinfo-redirect", "userinfo-other-sub"];

const fault = (provider, name, fields = {}) => [
  `${provider}: ${name}`,
  async (at) => {
    const ada = await signInBy(at, provider, { fault: name, ...fields }, { body: URLS });
    await ada.get("/get-session");
  },
];
/** An ID token without an email sends the service to userinfo. */
const NO_EMAIL = { claims: { email: null } };

/** A form that Apple's page posts to the callback. */
const FORM = {
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
  "sec-fetch-site": "cross-site",
  origin: "https://appleid.apple.com",
};
const postForm = (browser, path, text) =>
  browser.send("POST", path, { text, type: "application/x-www-form-urlencoded", headers: { ...FORM, cookie: undefined } });
/** Follows the redirect of a posted form to the callback. */
const follow = (browser, { headers }) => {
  const location = headers.find(([name]) => name === "location")?.[1];
  if (location === undefined) throw new Error("the form was not redirected");
  return browser.open(location.replace(/^.*?\/api\/auth/, ""));
};
/** Signs in by a form, as Apple does, with these fields. */
const byForm = (provider, fields, more) => async (at) => {
  const trip = await begin(at, provider, URLS);
  const answer = await postForm(trip.browser, `/callback/${provider}`, trip.query(fields, more));
  await follow(trip.browser, answer);
  await trip.browser.get("/get-session");
};
const user = (name, more = {}) => JSON.stringify({ name, ...more });

const social = {
  ...Object.fromEntries(
    ["google", "apple", "microsoft", "acme"].flatMap((provider) => OF_TOKENS.map((name) => fault(provider, name))),
  ),
  ...Object.fromEntries(
    ["google", "github", "apple", "microsoft", "acme", "plain"].flatMap((provider) => OF_ANSWERS.map((name) => fault(provider, name))),
  ),
  ...Object.fromEntries([fault("github", "github-error"), fault("plain", "github-error")]),
  ...Object.fromEntries(["github", "plain"].flatMap((provider) => OF_USERINFO.map((name) => fault(provider, name)))),
  ...Object.fromEntries(OF_USERINFO.map((name) => fault("acme", name, NO_EMAIL))),
  ...Object.fromEntries([fault("acme", "no-fault", NO_EMAIL)]),
  "an ID token for two clients": async (at) => {
    for (const aud of [["acme-client", "another"], ["another", "acme-client"], ["another"], []]) {
      await signInBy(at, "acme", { claims: { aud } }, { body: URLS });
    }
  },
  "an ID token for two clients, of which one presents it": async (at) => {
    for (const azp of ["acme-client", "another"]) {
      await signInBy(at, "acme", { claims: { aud: ["acme-client", "another"], azp } }, { body: URLS });
    }
  },
  "an ID token that is old": async (at) => {
    const now = Math.floor(Date.now() / 1000);
    await signInBy(at, "google", { claims: { iat: now - 2 * 3600, exp: now + 3600 } }, { body: URLS });
  },
  "an ID token of the future": async (at) => {
    const now = Math.floor(Date.now() / 1000);
    await signInBy(at, "acme", { claims: { iat: now + 3600, exp: now + 7200 } }, { body: URLS });
  },
  "an ID token without a subject": async (at) => {
    for (const provider of ["google", "apple", "acme"]) await signInBy(at, provider, { claims: { sub: null } }, { body: URLS });
  },
  "a subject that is empty": async (at) => {
    for (const provider of ["google", "apple", "acme"]) await signInBy(at, provider, { claims: { sub: "" } }, { body: URLS });
  },
  "a token endpoint that refuses the client": async (at) => {
    await signInBy(at, "google", { client_secret: "another" }, { body: URLS });
  },
  "a client that authenticates by the form": async (at) => {
    for (const provider of ["google", "acme"]) await signInBy(at, provider, { method: "post" }, { body: URLS });
  },
  "a form: a new user, with a name": byForm("apple", {}, { user: user({ firstName: "Ada", lastName: "Lovelace" }) }),
  "a form: a new user, without a name": byForm("apple", {}),
  "a form: a first name alone": byForm("apple", {}, { user: user({ firstName: "Ada" }) }),
  "a form: an email beside the name": async (at) => {
    await byForm("apple", {}, { user: user({ firstName: "Ada" }, { email: at.email("eve") }) })(at);
  },
  "a form: a user that is no JSON": byForm("apple", {}, { user: "Ada" }),
  "a form: a user of another type": byForm("apple", {}, { user: '["Ada"]' }),
  "a form: a name of another type": byForm("apple", {}, { user: user({ firstName: 7, lastName: ["x"] }) }),
  "a form: a known user, with another name": async (at) => {
    await byForm("apple", {}, { user: user({ firstName: "Ada", lastName: "Lovelace" }) })(at);
    await byForm("apple", {}, { user: user({ firstName: "Grace", lastName: "Hopper" }) })(at);
  },
  "a form: the email of an account": async (at) => {
    await verifiedUser(at);
    await byForm("apple", {}, { user: user({ firstName: "Grace" }) })(at);
  },
  "a form: of a provider that redirects": byForm("google", {}),
  "a form: an error": byForm("apple", {}, { code: undefined, error: "user_cancelled_authorize" }),
  "a form: unknown fields": byForm("apple", {}, { id_token: "eyJ", authuser: "0" }),
  "a form: a stranger's callback": async (at) => {
    const trip = await begin(at, "apple", URLS);
    await postForm(trip.browser, "/callback/apple", trip.query({}, { callbackURL: "https://evil.example.com" }));
  },
  "a form: empty": (at) => postForm(at.browser(), "/callback/apple", ""),
  "a form: without a state": (at) => postForm(at.browser(), "/callback/apple", "code=one"),
  "a form: a state that is unknown": async (at) => {
    const browser = at.browser();
    await follow(browser, await postForm(browser, "/callback/apple", "code=one&state=two"));
  },
  "a form: parameters in the query, too": async (at) => {
    const trip = await begin(at, "apple", URLS);
    const answer = await postForm(trip.browser, `/callback/apple?state=${trip.state}&code=other`, trip.query());
    await follow(trip.browser, answer);
  },
  "a form: as JSON": async (at) => {
    const trip = await begin(at, "apple", URLS);
    const body = Object.fromEntries(new URLSearchParams(trip.query()));
    await trip.browser.post("/callback/apple", body);
  },
  "a form: of another media type": (at) => at.browser().send("POST", "/callback/apple", { text: "code=one", type: "text/plain" }),
  "a form: no body": (at) => at.browser().send("POST", "/callback/apple"),
  "a form: to a provider that is not there": (at) => postForm(at.browser(), "/callback/gitlab", "code=one&state=two"),
  "a form: with the browser's cookies": async (at) => {
    const trip = await begin(at, "apple", URLS);
    const form = { text: trip.query(), type: "application/x-www-form-urlencoded", headers: FORM };
    await trip.browser.send("POST", "/callback/apple", form);
  },
};

export default { social };
