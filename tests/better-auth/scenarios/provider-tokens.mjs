// What a provider says about an account, and the access tokens that it issued.

import { accountOf, beginLink, linkedUser, signInBy } from "../sign-in-by.mjs";

const STRANGER = "https://evil.example.com";
const PROVIDERS = ["google", "github", "apple", "microsoft", "acme", "plain"];
const PATHS = { info: "/account-info", access: "/get-access-token", refresh: "/refresh-token" };

const info = (browser, accountId) => browser.get(`/account-info?accountId=${accountId}`);
const access = (browser, accountId) => browser.post("/get-access-token", { accountId });
const refresh = (browser, accountId) => browser.post("/refresh-token", { accountId });

/** Ada, signed in by a provider, and her account there. */
const signedIn = async (at, provider, fields) => {
  const ada = await signInBy(at, provider, fields);
  return { ada, id: (await accountOf(ada, provider)).id };
};
/** The access token has expired. Asks for it, and once more. */
const expired = (provider, fields) => async (at) => {
  const { ada, id } = await signedIn(at, provider, fields);
  await access(ada, id);
  await at.rows.expireAccess(id);
  await access(ada, id);
  await access(ada, id);
};
/** Refreshes the access token twice. */
const refreshed = (provider, fields) => async (at) => {
  const { ada, id } = await signedIn(at, provider, fields);
  await refresh(ada, id);
  await refresh(ada, id);
  await access(ada, id);
  await ada.get("/list-accounts");
};
/** Every request about tokens, by `ask(method, path, selection)`. */
const requests = (send) => Object.fromEntries(Object.entries(PATHS).map(([name, path]) => [name, send(path)]));
const select = (browser, path, selection, options) =>
  path === PATHS.info ? browser.get(`${path}?${new URLSearchParams(selection)}`, options) : browser.post(path, selection, options);
const named = (name, send) => Object.fromEntries(Object.entries(requests(send)).map(([request, run]) => [`${request}: ${name}`, run]));

const social = {
  ...Object.fromEntries(
    PROVIDERS.map((provider) => [
      `info: ${provider}`,
      async (at) => {
        const { ada, id } = await signedIn(at, provider, { picture: "https://example.com/ada.png" });
        await info(ada, id);
      },
    ]),
  ),
  ...Object.fromEntries(
    PROVIDERS.map((provider) => [
      `access: ${provider}`,
      async (at) => {
        const { ada, id } = await signedIn(at, provider, { refresh: true });
        await access(ada, id);
      },
    ]),
  ),
  ...Object.fromEntries(PROVIDERS.map((provider) => [`access: expired, ${provider}`, expired(provider, { refresh: true, expires_in: 3600 })])),
  ...Object.fromEntries(PROVIDERS.map((provider) => [`refresh: ${provider}`, refreshed(provider, { refresh: true, expires_in: 3600 })])),
  "info: an access token that has expired": async (at) => {
    const { ada, id } = await signedIn(at, "plain", { refresh: true });
    await at.rows.expireAccess(id);
    await info(ada, id);
  },
  "info: a name that changed at the provider": async (at) => {
    const { ada, id } = await signedIn(at, "google");
    await signInBy(at, "google", { name: "Countess" });
    await info(ada, id);
  },
  "info: a provider that fails": async (at) => {
    for (const [index, fault] of ["userinfo-500", "userinfo-not-json"].entries()) {
      const provider = "plain";
      const ada = await signInBy(at, provider, { email: at.email(`a${index}`) });
      // Only the tokens of a second sign-in fail.
      const { id } = await accountOf(ada, provider);
      const trip = await beginLink(at, ada, "github");
      await trip.back({ email: at.email(`a${index}`), fault });
      await info(ada, id);
    }
  },
  "access: expires within seconds": async (at) => {
    const { ada, id } = await signedIn(at, "google", { refresh: true, expires_in: 3 });
    await access(ada, id);
  },
  "access: expired, without a refresh token": expired("google", {}),
  "access: expired, the refresh token stays": expired("google", { refresh: "kept" }),
  "access: expired, refused by the provider": expired("google", { refresh: "refused" }),
  "access: no expiry": expired("github", { refresh: true }),
  "access: after another sign-in": async (at) => {
    const { ada, id } = await signedIn(at, "google", { refresh: true });
    await access(ada, id);
    await signInBy(at, "google", { scope: "openid calendar" });
    await access(ada, id);
    await refresh(ada, id);
  },
  "access: scopes": async (at) => {
    const { ada, id } = await signedIn(at, "google", { scope: "openid  email calendar" });
    await access(ada, id);
  },
  "refresh: the refresh token stays": refreshed("google", { refresh: "kept" }),
  "refresh: refused by the provider": refreshed("google", { refresh: "refused" }),
  "refresh: no refresh token": refreshed("google", {}),
  "refresh: a refresh token that expires": refreshed("acme", { refresh: true, refresh_token_expires_in: 7200 }),
  "refresh: a client that authenticates by the form": refreshed("acme", { refresh: true, method: "post" }),
  ...named("for nobody", (path) => (at) => select(at, path, { accountId: "one" })),
  ...named("for an expired session", (path) => async (at) => {
    const { ada, account } = await linkedUser(at, "google", { refresh: true });
    await at.rows.age(ada.token, "8 days");
    await select(ada, path, { accountId: account.id });
  }),
  ...named("for a bearer", (path) => async (at) => {
    const { ada, account } = await linkedUser(at, "google", { refresh: true });
    await select(at, path, { accountId: account.id }, { headers: { authorization: `Bearer ${ada.token}` } });
  }),
  ...named("another user's account", (path) => async (at) => {
    const { id } = await signedIn(at, "google", { refresh: true });
    const eve = await at.user("eve");
    await select(eve, path, { accountId: id });
  }),
  ...named("another user's account, by name", (path) => async (at) => {
    const { ada, id } = await signedIn(at, "google", { refresh: true });
    const { user } = (await ada.get("/get-session")).json;
    const eve = await at.user("eve");
    await select(eve, path, { accountId: id, userId: user.id });
  }),
  ...named("a password", (path) => async (at) => {
    const ada = await at.user();
    const { id } = await accountOf(ada, "credential");
    await select(ada, path, { accountId: id });
  }),
  ...named("a provider that is gone", (path) => async (at) => {
    const { ada, account } = await linkedUser(at, "google", { refresh: true });
    await at.rows.forgetProvider(account.id);
    await select(ada, path, { accountId: account.id });
  }),
  ...named("an account that is not there", (path) => async (at) => {
    const ada = await at.user();
    for (const accountId of ["unknown", "", "0198c0de-0000-7000-8000-000000000000"]) await select(ada, path, { accountId });
  }),
  ...named("no account", (path) => async (at) => {
    const ada = await at.user();
    for (const selection of [{}, { providerId: "google" }, { useAccountCookie: "true" }]) await select(ada, path, selection);
  }),
  ...named("an unknown field", (path) => async (at) => {
    const { ada, account } = await linkedUser(at, "google", { refresh: true });
    await select(ada, path, { accountId: account.id, providerId: "google" });
  }),
  ...named("a stranger's origin", (path) => async (at) => {
    const { ada, account } = await linkedUser(at, "google", { refresh: true });
    await select(ada, path, { accountId: account.id }, { headers: { origin: STRANGER } });
  }),
  "bodies of another type": async (at) => {
    const ada = await at.user();
    for (const path of [PATHS.access, PATHS.refresh]) {
      for (const body of [[], null, "one", { accountId: 7 }, { accountId: null }, { useAccountCookie: true }, { useAccountCookie: false }]) {
        await ada.post(path, body);
      }
    }
  },
  "no body": async (at) => {
    const ada = await at.user();
    for (const path of [PATHS.access, PATHS.refresh]) await ada.send("POST", path);
  },
  "another method": async (at) => {
    const ada = await at.user();
    await ada.post(PATHS.info, { accountId: "one" });
    await ada.get(`${PATHS.access}?accountId=one`);
    await ada.get(`${PATHS.refresh}?accountId=one`);
  },
};

export default { social };
