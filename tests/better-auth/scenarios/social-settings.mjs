// Settings that concern sign-in by providers: closed sign-up, verified emails, options of providers, and rate limits.

import { accountOf, begin, beginLink, idToken, signInBy, verifiedUser } from "../sign-in-by.mjs";

const URLS = { callbackURL: "/there", errorCallbackURL: "/sign-in?from=there" };

const arrive = (provider, fields, options) => async (at) => {
  const ada = await signInBy(at, provider, fields, { body: URLS, ...options });
  await ada.get("/get-session");
};
const present = (provider, fields, body) => async (at) => {
  const token = await idToken(at, provider, fields);
  await at.browser().post("/sign-in/social", { provider, idToken: { token }, ...body });
};
const requestSignUp = { body: { ...URLS, requestSignUp: true } };

const closed = {
  "closed: a new user": arrive("google"),
  "closed: a new user, sign-up requested": arrive("google", {}, requestSignUp),
  "closed: a new user of a generic provider": arrive("acme"),
  "closed: a new user by an ID token": present("google"),
};

const verified = {
  "verified: a new user": arrive("google"),
  "verified: a new user whose email is not verified": async (at) => {
    await arrive("google", { email_verified: false })(at);
    await arrive("google", { email_verified: true })(at);
  },
  "verified: a new user of a generic provider whose email is not verified": arrive("acme", { email_verified: false }),
  "verified: a new user whose email is not verified, by an ID token": present("google", { email_verified: false }),
  "verified: a new user, by an ID token": present("google"),
  "verified: the email of an account that waits for its verification": async (at) => {
    await at.user();
    await arrive("google")(at);
  },
  "verified: a known user whose email is not verified any more": async (at) => {
    await arrive("google")(at);
    await arrive("google", { email_verified: false })(at);
  },
};

const options = {
  "options: the request to every provider": async (at) => {
    for (const provider of ["google", "github", "apple", "microsoft", "acme", "basic"]) await begin(at, provider, { scopes: ["more"] });
  },
  "options: parameters that the options set": async (at) => {
    const additionalParams = { prompt: "none", hd: "evil.example.com", audience: "other", response_mode: "query" };
    for (const provider of ["google", "acme"]) await begin(at, provider, { additionalParams });
  },
  "options: a hosted domain": arrive("google", { claims: { hd: "example.com" } }),
  "options: another hosted domain": arrive("google", { claims: { hd: "example.net" } }),
  "options: no hosted domain": arrive("google"),
  "options: a hosted domain, by an ID token": async (at) => {
    for (const hd of ["example.com", "example.net", null]) await present("google", { claims: { hd } })(at);
  },
  "options: the token of a second client": async (at) => {
    for (const aud of ["google-client", "google-phone-client", "third-client"]) {
      await present("google", { claims: { hd: "example.com", aud } })(at);
    }
  },
  "options: no sign-up": arrive("github"),
  "options: no sign-up, requested": arrive("github", {}, requestSignUp),
  "options: no sign-up, by a generic provider": arrive("basic", {}, requestSignUp),
  "options: no sign-up, a known email": async (at) => {
    await verifiedUser(at);
    await arrive("github")(at);
  },
  "options: a client that authenticates by a header": async (at) => {
    const ada = await verifiedUser(at);
    const trip = await beginLink(at, ada, "basic");
    await trip.back({ method: "basic", refresh: true });
    const { id } = await accountOf(ada, "basic");
    await ada.post("/refresh-token", { accountId: id });
  },
  "options: no implicit sign-up": arrive("microsoft"),
  "options: no implicit sign-up, requested": arrive("microsoft", {}, requestSignUp),
  "options: no implicit sign-up, by an ID token": present("microsoft"),
  "options: no implicit sign-up, requested by an ID token": present("microsoft", {}, { requestSignUp: true }),
  "options: no implicit sign-up, by a generic provider": arrive("acme"),
  "options: no implicit sign-up, requested of a generic provider": arrive("acme", {}, requestSignUp),
  "options: a personal account where organizations sign in": async (at) => {
    const tid = "9188040d-6c67-4c5b-b112-36a304b66dad";
    const claims = { tid, iss: `https://login.microsoftonline.com/${tid}/v2.0` };
    await present("microsoft", { claims }, { requestSignUp: true })(at);
    await arrive("microsoft", { claims }, requestSignUp)(at);
  },
  "options: a token endpoint that is down": arrive("no-tokens"),
  "options: a userinfo endpoint that is down": arrive("no-profile"),
  "options: a discovery document that is down": async (at) => {
    await at.browser().post("/sign-in/social", { provider: "no-discovery", ...URLS });
    await at.browser().open("/callback/no-discovery?code=one&state=two");
  },
  "options: no ID tokens": present("apple"),
  "options: no ID tokens, by redirect": arrive("apple"),
  "options: the bundle of an app": arrive("apple", { claims: { aud: "com.example.app" } }),
};

const cookies = {
  "cookies: a sign-in": async (at) => {
    const ada = await signInBy(at, "google");
    await ada.get("/get-session");
  },
  "cookies: without a callback": async (at) => {
    const ada = await signInBy(at, "acme", {}, { body: { callbackURL: undefined } });
    await ada.get("/get-session");
  },
  "cookies: a failure": async (at) => {
    await signInBy(at, "google", { fault: "token-error" });
  },
  "cookies: the state of another browser": async (at) => {
    const trip = await begin(at, "google", URLS);
    await trip.back({}, {}, at.browser());
  },
  "cookies: a path that is disabled": async (at) => {
    await at.browser().post("/link-social", { provider: "google" });
    await at.browser().post("/sign-in/social", { provider: "google" });
  },
};

/** Sends requests from an IP address of this scenario until one is refused, and one more. */
const until = (limit, ask) => async (at) => {
  const headers = { "x-forwarded-for": `198.51.100.${at.number % 250}` };
  for (let count = 0; count < limit + 2; count += 1) await ask(at, headers, count);
};

const limits = {
  "limits: three requests to a provider": until(3, (at, headers) => at.post("/sign-in/social", { provider: "google" }, { headers })),
  "limits: three requests, each to another provider": until(3, (at, headers, count) =>
    at.post("/sign-in/social", { provider: ["google", "github", "apple", "microsoft", "acme"][count] }, { headers }),
  ),
  "limits: three ID tokens": until(3, async (at, headers) => {
    await at.post("/sign-in/social", { provider: "google", idToken: { token: "token" } }, { headers });
  }),
  "limits: a password and a provider": async (at) => {
    const headers = { "x-forwarded-for": "198.51.100.251" };
    for (let count = 0; count < 4; count += 1) await at.post("/sign-in/social", { provider: "google" }, { headers });
    await at.post("/sign-in/email", { email: at.email("ada"), password: "correct horse 1" }, { headers });
  },
  ...Object.fromEntries(
    ["/link-social", "/unlink-account", "/get-access-token", "/refresh-token"].map((path) => [
      `limits: ${path} may be asked more often`,
      until(5, (at, headers) => at.post(path, path === "/link-social" ? { provider: "google" } : { accountId: "one" }, { headers })),
    ]),
  ),
  "limits: /account-info may be asked more often": until(5, (at, headers) => at.get("/account-info?accountId=one", { headers })),
  "limits: a callback may be called more often": until(5, (at, headers) => at.get("/callback/google?code=one&state=two", { headers })),
};

export default {
  "social-closed": closed,
  "social-verified": verified,
  "social-options": options,
  "social-cookies": cookies,
  "social-limits": limits,
};
