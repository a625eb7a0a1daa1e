// The request to a provider: what sign-in/social accepts, and where it sends the browser.

import { begin, signInBy } from "../sign-in-by.mjs";

const PROVIDERS = ["google", "github", "apple", "microsoft", "acme", "plain"];
const STRANGER = "https://evil.example.com";

const ask = (body, options) => (at) => at.browser().post("/sign-in/social", body, options);
/** The same request to every provider. */
const askAll = (body) => async (at) => {
  for (const provider of PROVIDERS) await at.browser().post("/sign-in/social", { provider, ...body });
};
/** One request for each of these bodies. */
const askEach = (...bodies) => async (at) => {
  for (const body of bodies) await at.browser().post("/sign-in/social", body);
};

const social = {
  ...Object.fromEntries(PROVIDERS.map((provider) => [`a request to ${provider}`, ask({ provider, callbackURL: "/there" })])),
  "without a callback": askAll({}),
  "more scopes": askAll({ scopes: ["calendar", "contacts"] }),
  "no more scopes": askAll({ scopes: [] }),
  "the same scope again": askAll({ scopes: ["email", "email"] }),
  "a scope with spaces": askAll({ scopes: ["one two", "", "a&b=c"] }),
  "a login hint": askAll({ loginHint: "ada+1@example.com" }),
  "an empty login hint": askAll({ loginHint: "" }),
  "more parameters": askAll({ additionalParams: { display: "touch", ui_locales: "de fr", "a&b": "c=d" } }),
  "parameters that the service sets otherwise": askAll({
    additionalParams: { prompt: "none", login_hint: "eve@example.com", response_mode: "query", access_type: "online", include_granted_scopes: "false" },
  }),
  "no redirect": askAll({ disableRedirect: true }),
  "a redirect": ask({ provider: "google", disableRedirect: false }),
  ...Object.fromEntries(
    ["state", "client_id", "redirect_uri", "response_type", "code_challenge", "code_challenge_method", "nonce", "scope"].map((name) => [
      `a reserved parameter: ${name}`,
      ask({ provider: "google", additionalParams: { [name]: "mine" } }),
    ]),
  ),
  "reserved parameters in capitals": ask({ provider: "google", additionalParams: { STATE: "mine", Scope: "mine" } }),
  "additional data": ask({ provider: "google", additionalData: { invitation: "i-1", callbackURL: STRANGER, expiresAt: 1 } }),
  "a provider that is not there": askEach({ provider: "gitlab" }, { provider: "Google" }, { provider: "" }, { provider: "credential" }),
  "a provider of every type": askEach({}, { provider: null }, { provider: 7 }, { provider: ["google"] }, { provider: {} }),
  "a body of every type": askEach([], "google", null, 7),
  "fields of another type": askEach(
    ...["callbackURL", "errorCallbackURL", "newUserCallbackURL", "loginHint"].map((name) => ({ provider: "google", [name]: 7 })),
    ...["disableRedirect", "requestSignUp"].map((name) => ({ provider: "google", [name]: "yes" })),
    { provider: "google", scopes: "email" },
    { provider: "google", scopes: [7] },
    { provider: "google", additionalParams: { one: 1 } },
    { provider: "google", additionalParams: "one=1" },
    { provider: "google", additionalData: [] },
    { provider: "google", idToken: "token" },
    { provider: "google", idToken: {} },
    { provider: "google", idToken: { token: 7 } },
  ),
  "fields that are null": askEach(
    ...["callbackURL", "errorCallbackURL", "loginHint", "scopes", "additionalParams", "additionalData", "idToken", "disableRedirect"].map(
      (name) => ({ provider: "google", [name]: null }),
    ),
  ),
  "an unknown field": ask({ provider: "google", favourite: "tea" }),
  "no body": (at) => at.browser().send("POST", "/sign-in/social"),
  "a form": (at) =>
    at.browser().send("POST", "/sign-in/social", { text: "provider=google", type: "application/x-www-form-urlencoded" }),
  "by GET": (at) => at.browser().get("/sign-in/social?provider=google"),
  "a stranger's callback": askEach(
    { provider: "google", callbackURL: `${STRANGER}/there` },
    { provider: "google", errorCallbackURL: `${STRANGER}/error` },
    { provider: "google", newUserCallbackURL: `${STRANGER}/welcome` },
    { provider: "google", callbackURL: "//evil.example.com" },
    { provider: "google", callbackURL: "javascript:alert(1)" },
    { provider: "google", callbackURL: "there" },
    { provider: "google", callbackURL: "" },
  ),
  "a trusted callback": askEach(
    { provider: "google", callbackURL: "http://localhost:3000/there?a=b#c" },
    { provider: "google", errorCallbackURL: "/sign-in?from=google" },
    { provider: "google", newUserCallbackURL: "http://localhost:8081/welcome" },
  ),
  "a stranger's origin": ask({ provider: "google" }, { headers: { origin: STRANGER } }),
  "a stranger's origin, in a signed-in browser": async (at) => {
    const ada = await at.user();
    await ada.post("/sign-in/social", { provider: "google" }, { headers: { origin: STRANGER } });
  },
  "no origin, in a signed-in browser": async (at) => {
    const ada = await at.user();
    await ada.post("/sign-in/social", { provider: "google" }, { headers: { origin: undefined } });
  },
  "a navigation of a stranger's page": ask(
    { provider: "google" },
    { headers: { origin: STRANGER, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" } },
  ),
  "a program, without cookies or origin": (at) => at.post("/sign-in/social", { provider: "google" }),
  "two requests of one browser": async (at) => {
    const first = await begin(at, "google");
    const second = await begin(at, "github", {}, first.browser);
    await second.back();
    await first.back();
    await first.browser.get("/get-session");
  },
  "in a browser that is signed in": async (at) => {
    const grace = await at.user("grace");
    await signInBy(at, "google", {}, { browser: grace });
    await grace.get("/get-session");
  },
};

const plain = {
  "where there is no provider": ask({ provider: "google", callbackURL: "/there" }),
  "where there is no provider, without one": ask({}),
  "a callback where there is no provider": (at) => at.browser().open("/callback/google?code=one&state=two"),
};

export default { social, plain };
