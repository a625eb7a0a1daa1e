// Signing in and linking by an ID token that an app got from the provider itself.

import { createHash } from "node:crypto";
import { begin, clientIds, idToken, linkedUser, signInBy, verifiedUser } from "../sign-in-by.mjs";

const FAULTS = ["alg-none", "alg-hs256", "wrong-key", "unknown-kid", "wrong-audience", "wrong-issuer", "expired"];
const OPENID = ["google", "apple", "microsoft", "acme"];

/** Presents an ID token with these fields. `more` are fields beside the token, `body` those beside `idToken`. */
const present = (provider, fields, more, body) => async (at) => {
  const ada = at.browser();
  const token = await idToken(at, provider, fields);
  await ada.post("/sign-in/social", { provider, idToken: { token, ...more }, ...body });
  await ada.get("/get-session");
  return ada;
};
/** Presents these texts instead of an ID token. */
const presentText = (...texts) => async (at) => {
  for (const token of texts) await at.browser().post("/sign-in/social", { provider: "google", idToken: { token } });
};
const each = (providers, name, run) => Object.fromEntries(providers.map((provider) => [`${provider}: ${name}`, run(provider)]));
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** Links by an ID token. */
const link = async (at, ada, provider, fields, more) => {
  const token = await idToken(at, provider, fields);
  await ada.post("/link-social", { provider, idToken: { token, ...more } });
  await ada.get("/list-accounts");
};

const social = {
  ...each(OPENID, "a new user", (provider) => present(provider)),
  ...each(OPENID, "a nonce", (provider) => present(provider, { nonce: "n-1" }, { nonce: "n-1" })),
  ...each(OPENID, "another nonce", (provider) => present(provider, { nonce: "n-1" }, { nonce: "n-2" })),
  ...each(OPENID, "a nonce that the token lacks", (provider) => present(provider, {}, { nonce: "n-1" })),
  ...each(OPENID, "a nonce that is not presented", (provider) => present(provider, { nonce: "n-1" })),
  ...each(OPENID, "the hash of a nonce", (provider) => present(provider, { nonce: sha256("n-1") }, { nonce: "n-1" })),
  ...each(["google"], "an empty nonce", (provider) => present(provider, { nonce: "n-1" }, { nonce: "" })),
  ...Object.fromEntries(
    OPENID.flatMap((provider) => FAULTS.map((fault) => [`${provider}: ${fault}`, present(provider, { fault })])),
  ),
  ...each(["github", "plain"], "not supported", (provider) => present(provider)),
  ...each(OPENID, "no email", (provider) => present(provider, { email: null })),
  ...each(OPENID, "an email that is not verified", (provider) => present(provider, { email_verified: false })),
  ...each(OPENID, "no subject", (provider) => present(provider, { claims: { sub: null, oid: null } })),
  ...each(["google", "acme"], "an old one", (provider) => async (at) => {
    const now = Math.floor(Date.now() / 1000);
    await present(provider, { claims: { iat: now - 2 * 3600, exp: now + 3600 } })(at);
  }),
  ...each(["google", "acme"], "without an issue time", (provider) => present(provider, { claims: { iat: null } })),
  ...each(["google", "acme"], "without an expiry", (provider) => present(provider, { claims: { exp: null } })),
  ...each(["google", "acme"], "not valid yet", (provider) => async (at) => {
    await present(provider, { claims: { nbf: Math.floor(Date.now() / 1000) + 3600 } })(at);
  }),
  ...each(["google", "acme"], "for two clients", (provider) => present(provider, { claims: { aud: [...clientIds(provider), "another"] } })),
  "google: the issuer without a scheme": present("google", { claims: { iss: "accounts.google.com" } }),
  "microsoft: the issuer of another tenant": present("microsoft", { claims: { tid: "11111111-2222-3333-4444-555555555555" } }),
  "microsoft: without a tenant": present("microsoft", { claims: { tid: null } }),
  "apple: with a name": present("apple", {}, { user: { name: { firstName: "Ada", lastName: "Lovelace" } } }),
  "apple: with another email": async (at) => {
    await present("apple", {}, { user: { name: { firstName: "Ada" }, email: at.email("eve") } })(at);
  },
  "google: with a name": present("google", {}, { user: { name: { firstName: "Grace" } } }),
  "with an access token and a refresh token": async (at) => {
    const more = { accessToken: "access-1", refreshToken: "refresh-1", expiresAt: 4102444800 };
    const ada = await present("google", {}, more)(at);
    const accounts = await ada.get("/list-accounts");
    const accountId = accounts.json[0].id;
    await ada.post("/get-access-token", { accountId });
    await ada.post("/refresh-token", { accountId });
  },
  "fields of another type": async (at) => {
    const token = await idToken(at, "google");
    const wrong = [{ nonce: 7 }, { accessToken: 7 }, { refreshToken: [] }, { expiresAt: "soon" }, { user: "Ada" }, { user: { name: "Ada" } }];
    for (const more of wrong) await at.browser().post("/sign-in/social", { provider: "google", idToken: { token, ...more } });
  },
  "texts that are no ID token": presentText("", "token", "a.b.c", "eyJhbGciOiJSUzI1NiJ9.e30.", "x".repeat(9000)),
  "a known user": async (at) => {
    await present("google")(at);
    await present("google", { name: "Countess" })(at);
  },
  "a user of the redirect": async (at) => {
    await signInBy(at, "google");
    await present("google")(at);
  },
  "the email of an account": async (at) => {
    await verifiedUser(at);
    await present("google")(at);
  },
  "the email of an account, not verified here": async (at) => {
    await at.user();
    await present("google")(at);
  },
  "the email of an account, not verified at the provider": async (at) => {
    await verifiedUser(at);
    await present("google", { email_verified: false })(at);
  },
  "a callback beside it": present("google", {}, {}, { callbackURL: "/there" }),
  "a stranger's callback beside it": present("google", {}, {}, { callbackURL: "https://evil.example.com" }),
  "the same one twice": async (at) => {
    const token = await idToken(at, "google");
    for (const browser of [at.browser(), at.browser()]) await browser.post("/sign-in/social", { provider: "google", idToken: { token } });
  },
  "a code instead of it": async (at) => {
    const trip = await begin(at, "google");
    await presentText(trip.code())(at);
  },
  "link: an account": async (at) => {
    const ada = await verifiedUser(at);
    await link(at, ada, "google");
    await link(at, ada, "google");
  },
  "link: to an account whose email is not verified": async (at) => link(at, await at.user(), "google"),
  "link: another email": async (at) => link(at, await verifiedUser(at), "google", { email: at.email("eve") }),
  "link: an email in capitals": async (at) => link(at, await verifiedUser(at), "google", { email: at.email("ADA") }),
  "link: an email that is not verified": async (at) => link(at, await verifiedUser(at), "google", { email_verified: false }),
  "link: no email": async (at) => link(at, await verifiedUser(at), "google", { email: null }),
  "link: an account of another user": async (at) => {
    const eve = await signInBy(at, "google", { sub: `s-${at.number}`, email: at.email("eve") });
    await eve.get("/get-session");
    await link(at, await verifiedUser(at), "google", { sub: `s-${at.number}` });
  },
  "link: not supported": async (at) => link(at, await verifiedUser(at), "github"),
  "link: a nonce": async (at) => link(at, await verifiedUser(at), "google", { nonce: "n-1" }, { nonce: "n-1" }),
  "link: another nonce": async (at) => link(at, await verifiedUser(at), "google", { nonce: "n-1" }, { nonce: "n-2" }),
  "link: expired": async (at) => link(at, await verifiedUser(at), "google", { fault: "expired" }),
  "link: wrong audience": async (at) => link(at, await verifiedUser(at), "google", { fault: "wrong-audience" }),
  "link: one that is linked by redirect": async (at) => {
    const { ada } = await linkedUser(at, "google");
    await link(at, ada, "google", {}, { accessToken: "access-2" });
  },
  "link: for nobody": async (at) => {
    const token = await idToken(at, "google");
    await at.browser().post("/link-social", { provider: "google", idToken: { token } });
  },
};

export default { social };
