// The way back from a provider: who is signed in, and what is refused.

import { begin, issuer, signInBy, verifiedUser } from "../sign-in-by.mjs";

const PROVIDERS = ["google", "github", "apple", "microsoft", "acme", "plain"];
const URLS = { callbackURL: "/there", errorCallbackURL: "/sign-in?from=there", newUserCallbackURL: "/welcome" };

/** A sign-in, and the session afterwards. */
const arrive = (provider, fields, options) => async (at) => {
  const ada = await signInBy(at, provider, fields, options);
  await ada.get("/get-session");
};
/** Signs in twice by the same provider, as the second of these persons the second time. */
const twice = (provider, first, second) => async (at) => {
  const ada = await signInBy(at, provider, first, { body: URLS });
  await ada.post("/sign-out");
  const there = await signInBy(at, provider, second, { body: URLS });
  await there.get("/get-session");
};
/** The way back with these parameters instead. */
const back = (provider, more, body) => async (at) => {
  const trip = await begin(at, provider, body);
  await trip.back({}, typeof more === "function" ? more(trip) : more);
  await trip.browser.get("/get-session");
};
/** The email belongs to an account with a password. */
const known = (provider, fields, body) => async (at) => {
  const owner = await verifiedUser(at);
  const ada = await signInBy(at, provider, fields, { body });
  await ada.get("/get-session");
  await owner.get("/list-accounts");
};
const picture = "https://example.com/ada.png";

const social = {
  ...Object.fromEntries(PROVIDERS.map((provider) => [`a new user by ${provider}`, arrive(provider, { picture })])),
  ...Object.fromEntries(PROVIDERS.map((provider) => [`a known user by ${provider}`, twice(provider, {}, {})])),
  ...Object.fromEntries(PROVIDERS.map((provider) => [`the email of an account, by ${provider}`, known(provider, {})])),
  "a new user, with every URL": arrive("google", {}, { body: URLS }),
  "a new user, without a callback": arrive("google", {}, { body: { callbackURL: undefined } }),
  "a new user, sign-up requested": arrive("google", {}, { body: { ...URLS, requestSignUp: true } }),
  "a new user, with a callback on the page's origin": arrive("google", {}, { body: { callbackURL: "http://localhost:3000/there?a=b#c" } }),
  "a name and an email that changed at the provider": async (at) => {
    const first = { sub: `s-${at.number}` };
    await twice("google", first, { ...first, name: "Countess of Lovelace", email: at.email("countess"), picture })(at);
  },
  "an email in capitals": async (at) => {
    const owner = await verifiedUser(at);
    const ada = await signInBy(at, "google", { email: at.email("ADA") });
    await ada.get("/get-session");
    await owner.get("/list-accounts");
  },
  "a new user with an email in capitals": async (at) => arrive("google", { email: at.email("ADA") })(at),
  "an email that is none": arrive("google", { email: "ada" }),
  "an email longer than 254 characters": arrive("google", { email: `${"a".repeat(250)}@example.com` }),
  "a name of 101 characters": arrive("google", { name: "x".repeat(101) }),
  "no name": arrive("google", { name: null }),
  "an empty name": arrive("acme", { name: "" }),
  "a picture that is a script": arrive("google", { picture: "javascript:alert(1)" }),
  "no email": async (at) => {
    for (const provider of PROVIDERS) await arrive(provider, { email: null }, { body: URLS })(at);
  },
  "an email that the provider has not verified": async (at) => {
    for (const provider of PROVIDERS) {
      await arrive(provider, { email_verified: false, email: at.email(provider) }, { body: URLS })(at);
    }
  },
  "a verification of every type": async (at) => {
    for (const [index, email_verified] of ["true", "false", "yes", 1, 0, null].entries()) {
      await arrive("acme", { email_verified, email: at.email(`a${index}`) })(at);
    }
  },
  "the email of an account, not verified at the provider": known("google", { email_verified: false }, URLS),
  "the email of an account, not verified here": async (at) => {
    await at.user();
    await arrive("google", {}, { body: URLS })(at);
  },
  "the email of an account, verified nowhere": async (at) => {
    await at.user();
    await arrive("google", { email_verified: false }, { body: URLS })(at);
  },
  "an unverified account is verified by the next sign-in": async (at) => {
    await twice("google", { email_verified: false }, { email_verified: true })(at);
  },
  "a verified account at a provider that does not verify any more": twice("google", {}, { email_verified: false }),
  "two providers, one account": async (at) => {
    await arrive("google", {})(at);
    const ada = await signInBy(at, "acme", {});
    await ada.get("/list-accounts");
    await arrive("google", {})(at);
  },
  "the same subject at two providers": async (at) => {
    const same = { sub: `same-${at.number}` };
    await arrive("google", { ...same, email: at.email("one") })(at);
    await arrive("acme", { ...same, email: at.email("two") })(at);
  },
  "a subject of GitHub that is a long number": arrive("github", { sub: "9007199254740991" }),
  "the email that GitHub's profile hides": arrive("github", { private_email: true }),
  "Microsoft's verified emails": async (at) => {
    const claims = { email_verified: null, verified_primary_email: [at.email("ada")] };
    await arrive("microsoft", { claims })(at);
    await arrive("microsoft", { email: at.email("eve"), claims: { ...claims, verified_secondary_email: [at.email("eve")] } })(at);
    await arrive("microsoft", { email: at.email("mallory"), claims })(at);
  },
  "a Microsoft token without oid": arrive("microsoft", { claims: { oid: null } }),
  "a Microsoft issuer of another tenant": arrive("microsoft", { claims: { tid: "11111111-2222-3333-4444-555555555555" } }),
  "Apple's verification as a text": arrive("apple", { claims: { email_verified: "true" } }),
  "an error from the provider": back("google", { code: undefined, error: "access_denied" }, URLS),
  "an error from the provider, described": back("google", {
    code: undefined, error: "access_denied", error_description: "She said <no> & left",
  }),
  "an error, and an error callback of every form": async (at) => {
    const targets = ["/sign-in#there", "/sign-in?", "/sign-in?error=mine&a=%20", "http://localhost:3000", "http://localhost:3000/?a=b#c", "/ä"];
    for (const errorCallbackURL of targets) {
      await back("google", { code: undefined, error: "access_denied" }, { errorCallbackURL })(at);
    }
  },
  "a callback of every form": async (at) => {
    for (const [index, callbackURL] of ["/there?error=none", "http://localhost:3000", "/ä", "/a b"].entries()) {
      await signInBy(at, "google", { email: at.email(`a${index}`) }, { body: { callbackURL } });
    }
  },
  "an error and a code": back("google", { error: "access_denied" }),
  "an error that is long": back("google", { code: undefined, error: "e".repeat(300), error_description: "d".repeat(3000) }),
  "no code": back("google", { code: undefined }, URLS),
  "an empty code": back("google", { code: "" }),
  "a code that the provider does not know": back("google", { code: "unknown" }, URLS),
  "no state": back("google", { state: undefined }, URLS),
  "an empty state": back("google", { state: "" }),
  "a state that is unknown": back("google", { state: "unknown" }, URLS),
  "a state that is cut": back("google", (trip) => ({ state: trip.state.slice(0, -1) })),
  "a state twice": async (at) => {
    const trip = await begin(at, "google");
    await trip.browser.open(`/callback/google?${trip.query()}&state=${trip.state}`);
  },
  "nothing at all": (at) => at.browser().open("/callback/google"),
  "an error without a state": (at) => at.browser().open("/callback/google?error=access_denied"),
  "a provider that is not there": async (at) => {
    const trip = await begin(at, "google", URLS);
    await trip.browser.open(`/callback/gitlab?${trip.query()}`);
  },
  "a provider that is not there, without a state": (at) => at.browser().open("/callback/gitlab?code=one"),
  "the state of another provider": async (at) => {
    const trip = await begin(at, "google", URLS);
    await trip.browser.open(`/callback/github?${trip.query()}`);
    await trip.browser.get("/get-session");
  },
  "the state of another browser": async (at) => {
    const trip = await begin(at, "google", URLS);
    const other = await begin(at, "google", URLS);
    await trip.back({}, {}, other.browser);
    await other.browser.get("/get-session");
  },
  "a browser without cookies": async (at) => {
    const trip = await begin(at, "google", URLS);
    await trip.back({}, {}, at.browser());
    await trip.back();
  },
  "a state's cookie that is badly signed": async (at) => {
    const trip = await begin(at, "google", URLS);
    trip.browser.cookie = trip.browser.cookie.replace(/(better-auth\.state=[^.]+)\.[^;]+/, "$1.AAAA");
    await trip.back();
  },
  "a replay": async (at) => {
    const trip = await begin(at, "google", URLS);
    const { cookie } = trip.browser;
    await trip.back();
    trip.browser.cookie = cookie;
    await trip.back();
    await trip.back({}, {}, at.browser());
  },
  "a replay after a failure": async (at) => {
    const trip = await begin(at, "google", URLS);
    const { cookie } = trip.browser;
    await trip.back({ fault: "token-error" });
    trip.browser.cookie = cookie;
    await trip.back();
  },
  "a request that has expired": async (at) => {
    const trip = await begin(at, "google", URLS);
    await at.rows.expireState(trip.state);
    await trip.back();
    await trip.browser.get("/get-session");
  },
  "another issuer": back("acme", { iss: "https://issuer.example.com" }, URLS),
  "an issuer with a slash": back("acme", () => ({ iss: `${issuer()}/` }), URLS),
  "no issuer": back("acme", { iss: undefined }, URLS),
  "an issuer that is not promised": back("google", { iss: "https://issuer.example.com" }, URLS),
  "a code for another callback": async (at) => arrive("google", { redirect_uri: "http://localhost:8081/elsewhere" }, { body: URLS })(at),
  "a code for another challenge": arrive("google", { challenge: "another" }, { body: URLS }),
  "in the browser of another user": async (at) => {
    const grace = await at.user("grace");
    await signInBy(at, "google", {}, { browser: grace });
    await grace.get("/get-session");
    await grace.get("/list-sessions");
  },
  "by HEAD": async (at) => {
    const trip = await begin(at, "google");
    await trip.browser.send("HEAD", `/callback/google?${trip.query()}`);
  },
};

export default { social };
