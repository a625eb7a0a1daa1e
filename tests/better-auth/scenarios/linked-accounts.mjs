// Linking an account at a provider to the signed-in user, and the accounts that are linked.

import { accountOf, begin, beginLink, linkedUser, signInBy, verifiedUser } from "../sign-in-by.mjs";

const STRANGER = "https://evil.example.com";
const PROVIDERS = ["google", "github", "apple", "microsoft", "acme", "plain"];
const URLS = { callbackURL: "/settings", errorCallbackURL: "/settings?failed=link" };

/** Links an account at a provider to a user, with these fields of the code. */
const link = (provider, fields, user = verifiedUser) => async (at) => {
  const ada = await user(at);
  const trip = await beginLink(at, ada, provider, URLS);
  await trip.back(typeof fields === "function" ? fields(at) : fields);
  await ada.get("/list-accounts");
  await ada.get("/get-session");
};
const ask = (body, options) => async (at) => {
  const ada = await at.user();
  await ada.post("/link-social", body, options);
};
const unlink = (body) => async (at) => {
  const { ada } = await linkedUser(at, "google");
  await ada.post("/unlink-account", body);
};
const unverified = (at) => at.user();

const social = {
  ...Object.fromEntries(PROVIDERS.map((provider) => [`link by ${provider}`, link(provider)])),
  "link to an account whose email is not verified": link("google", {}, unverified),
  "link another email": link("google", (at) => ({ email: at.email("eve") })),
  "link an email in capitals": link("google", (at) => ({ email: at.email("ADA") })),
  "link an email that the provider has not verified": link("google", { email_verified: false }),
  "link no email": async (at) => {
    for (const provider of ["google", "plain"]) await link(provider, { email: null }, (visit) => verifiedUser(visit, provider))(at);
  },
  "link what is linked": async (at) => {
    const { ada } = await linkedUser(at, "google");
    const trip = await beginLink(at, ada, "google", { ...URLS, scopes: ["calendar"] });
    await trip.back({ scope: "openid calendar", name: "Countess" });
    await ada.get("/list-accounts");
    await ada.get("/get-session");
  },
  "link a second account of a provider": async (at) => {
    const { ada } = await linkedUser(at, "google");
    const trip = await beginLink(at, ada, "google", URLS);
    await trip.back({ sub: `second-${at.number}` });
    await ada.get("/list-accounts");
  },
  "link the account of another user": async (at) => {
    const same = { sub: `s-${at.number}` };
    const eve = await signInBy(at, "google", { ...same, email: at.email("eve") });
    await eve.get("/get-session");
    await link("google", same)(at);
  },
  "link, and the sign-in that follows": async (at) => {
    const { ada } = await linkedUser(at, "google");
    const there = await signInBy(at, "google");
    await there.get("/get-session");
    await ada.get("/list-sessions");
  },
  "link: a code that the provider does not know": async (at) => {
    const trip = await beginLink(at, await verifiedUser(at), "google", URLS);
    await trip.back({}, { code: "unknown" });
  },
  "link: an error from the provider": async (at) => {
    const trip = await beginLink(at, await verifiedUser(at), "google", URLS);
    await trip.back({}, { code: undefined, error: "access_denied" });
  },
  "link: a replay": async (at) => {
    const ada = await verifiedUser(at);
    const trip = await beginLink(at, ada, "google", URLS);
    const { cookie } = ada;
    await trip.back();
    ada.cookie = cookie;
    await trip.back();
  },
  "link: a request that has expired": async (at) => {
    const ada = await verifiedUser(at);
    const trip = await beginLink(at, ada, "google", URLS);
    await at.rows.expireState(trip.state);
    await trip.back();
    await ada.get("/list-accounts");
  },
  "link: after the session ended": async (at) => {
    const ada = await verifiedUser(at);
    const trip = await beginLink(at, ada, "google", URLS);
    const { cookie } = ada;
    await ada.post("/sign-out");
    ada.cookie = cookie;
    await trip.back();
    const there = await at.elsewhere(ada);
    await there.get("/list-accounts");
  },
  "link: after the session expired": async (at) => {
    const ada = await verifiedUser(at);
    const trip = await beginLink(at, ada, "google", URLS);
    await at.rows.age(ada.token, "8 days");
    await trip.back();
  },
  "link: in a browser that another user signed in to since": async (at) => {
    const ada = await verifiedUser(at);
    const grace = await at.user("grace");
    const trip = await beginLink(at, ada, "google", URLS);
    const state = ada.cookie.split("; ").find((pair) => pair.startsWith("better-auth.state="));
    grace.cookie = `${grace.cookie}; ${state}`;
    await trip.back({}, {}, grace);
    await ada.get("/list-accounts");
    await grace.get("/list-accounts");
  },
  "link: in a browser of somebody else": async (at) => {
    const trip = await beginLink(at, await verifiedUser(at), "google", URLS);
    const grace = await at.user("grace");
    await begin(at, "google", URLS, grace);
    await trip.back({}, {}, grace);
    await grace.get("/list-accounts");
  },
  "link: another issuer": async (at) => {
    const trip = await beginLink(at, await verifiedUser(at), "acme", URLS);
    await trip.back({}, { iss: "https://issuer.example.com" });
  },
  "link: a session that is not fresh": async (at) => {
    const ada = await verifiedUser(at);
    await at.rows.age(ada.token, "25 hours");
    await ada.post("/link-social", { provider: "google", ...URLS });
  },
  "link: the request to every provider": async (at) => {
    const ada = await at.user();
    const body = { ...URLS, scopes: ["one"], loginHint: "ada@example.com", additionalParams: { display: "page" }, disableRedirect: true };
    for (const provider of PROVIDERS) await ada.post("/link-social", { provider, ...body });
  },
  "link: a reserved parameter": ask({ provider: "google", additionalParams: { state: "mine" } }),
  "link: a provider that is not there": ask({ provider: "gitlab" }),
  "link: no provider": ask({}),
  "link: a body of another type": ask([]),
  "link: no body": async (at) => {
    const ada = await at.user();
    await ada.send("POST", "/link-social");
  },
  "link: fields of another type": async (at) => {
    const ada = await at.user();
    for (const more of [{ scopes: "email" }, { loginHint: 7 }, { disableRedirect: "yes" }, { idToken: {} }, { requestSignUp: 1 }]) {
      await ada.post("/link-social", { provider: "google", ...more });
    }
  },
  "link: a stranger's callback": ask({ provider: "google", callbackURL: STRANGER }),
  "link: a stranger's error callback": ask({ provider: "google", errorCallbackURL: STRANGER }),
  "link: a stranger's origin": ask({ provider: "google" }, { headers: { origin: STRANGER } }),
  "link: for nobody": (at) => at.browser().post("/link-social", { provider: "google", ...URLS }),
  "link: for a bearer": async (at) => {
    const ada = await at.user();
    await at.post("/link-social", { provider: "google" }, { headers: { authorization: `Bearer ${ada.token}` } });
  },
  "link: for an expired session": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "8 days");
    await ada.post("/link-social", { provider: "google" });
  },
  "link: by GET": async (at) => {
    const ada = await at.user();
    await ada.get("/link-social?provider=google");
  },
  "list: a user without a password": async (at) => {
    const ada = await signInBy(at, "google", { scope: "openid email profile" });
    await ada.get("/list-accounts");
  },
  "list: scopes of every provider": async (at) => {
    const ada = await verifiedUser(at);
    for (const provider of PROVIDERS) await (await beginLink(at, ada, provider)).back();
    await ada.get("/list-accounts");
  },
  "list: no scopes": async (at) => {
    const ada = await signInBy(at, "google", { scope: null });
    await ada.get("/list-accounts");
  },
  "unlink an account": async (at) => {
    const { ada, account } = await linkedUser(at, "google");
    await ada.post("/unlink-account", { accountId: account.id });
    await ada.get("/list-accounts");
    await ada.post("/unlink-account", { accountId: account.id });
    const there = await signInBy(at, "google");
    await there.get("/get-session");
  },
  "unlink the password": async (at) => {
    const { ada } = await linkedUser(at, "google");
    const { id } = await accountOf(ada, "credential");
    await ada.post("/unlink-account", { accountId: id });
    await ada.get("/list-accounts");
    await at.elsewhere(ada);
  },
  "unlink the last one": async (at) => {
    const ada = await signInBy(at, "google");
    const { id } = await accountOf(ada, "google");
    await ada.post("/unlink-account", { accountId: id });
    await ada.get("/list-accounts");
  },
  "unlink the password alone": async (at) => {
    const ada = await at.user();
    const { id } = await accountOf(ada, "credential");
    await ada.post("/unlink-account", { accountId: id });
  },
  "unlink one of two without a password": async (at) => {
    const ada = await signInBy(at, "google");
    await (await beginLink(at, ada, "acme")).back();
    const { id } = await accountOf(ada, "google");
    await ada.post("/unlink-account", { accountId: id });
    const other = await accountOf(ada, "acme");
    await ada.post("/unlink-account", { accountId: other.id });
  },
  "unlink where the other provider is gone": async (at) => {
    const ada = await signInBy(at, "google");
    await (await beginLink(at, ada, "acme")).back();
    const [kept, gone] = [await accountOf(ada, "google"), await accountOf(ada, "acme")];
    await at.rows.forgetProvider(gone.id);
    await ada.post("/unlink-account", { accountId: kept.id });
  },
  "unlink an account whose provider is gone": async (at) => {
    const { ada, account } = await linkedUser(at, "google");
    await at.rows.forgetProvider(account.id);
    await ada.get("/list-accounts");
    await ada.post("/unlink-account", { accountId: account.id });
    await ada.get("/list-accounts");
  },
  "unlink: another user's": async (at) => {
    const grace = await signInBy(at, "google", { email: at.email("grace") });
    const { id } = await accountOf(grace, "google");
    const { ada } = await linkedUser(at, "google");
    await ada.post("/unlink-account", { accountId: id });
    await grace.get("/list-accounts");
  },
  "unlink: an unknown id": unlink({ accountId: "unknown" }),
  "unlink: an id that is not there": unlink({ accountId: "0198c0de-0000-7000-8000-000000000000" }),
  "unlink: an empty id": unlink({ accountId: "" }),
  "unlink: by the provider's name": unlink({ providerId: "google" }),
  "unlink: nothing": unlink({}),
  "unlink: an id of another type": unlink({ accountId: 7 }),
  "unlink: a body of another type": unlink([]),
  "unlink: a session that is not fresh": async (at) => {
    const { ada, account } = await linkedUser(at, "google");
    await at.rows.age(ada.token, "25 hours");
    await ada.post("/unlink-account", { accountId: account.id });
  },
  "unlink: a stranger's origin": async (at) => {
    const { ada, account } = await linkedUser(at, "google");
    await ada.post("/unlink-account", { accountId: account.id }, { headers: { origin: STRANGER } });
  },
  "unlink: for nobody": (at) => at.post("/unlink-account", { accountId: "one" }),
  "unlink: and its tokens": async (at) => {
    const { ada, account } = await linkedUser(at, "google");
    await ada.post("/unlink-account", { accountId: account.id });
    await ada.post("/get-access-token", { accountId: account.id });
  },
  "a user without a password: sets one by mail": async (at) => {
    const ada = await signInBy(at, "google");
    const email = at.email("ada");
    await at.post("/request-password-reset", { email, redirectTo: "/reset" });
    const { token } = await at.mail(email);
    await at.post("/reset-password", { token, newPassword: "another horse 2" });
    await at.post("/sign-in/email", { email, password: "another horse 2" });
    const there = await signInBy(at, "google");
    await there.get("/list-accounts");
    await ada.get("/get-session");
  },
  "a user without a password: what asks for one": async (at) => {
    const ada = await signInBy(at, "google");
    await at.post("/sign-in/email", { email: at.email("ada"), password: "correct horse 1" });
    await ada.post("/verify-password", { password: "correct horse 1" });
    await ada.post("/change-password", { currentPassword: "correct horse 1", newPassword: "another horse 2" });
    await ada.post("/sign-up/email", { name: "Ada", email: at.email("ada"), password: "correct horse 1" });
    await ada.post("/change-email", { newEmail: at.email("new") });
    await ada.post("/delete-user", { password: "correct horse 1" });
  },
  "a user without a password: deletes the account": async (at) => {
    const ada = await signInBy(at, "google");
    await ada.get("/get-session");
    await ada.post("/delete-user", {});
    const there = await signInBy(at, "google");
    await there.get("/get-session");
  },
};

export default { social };
