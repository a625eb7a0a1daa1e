// Sign-in by providers through the official client.

import { PASSWORD } from "../browser.mjs";
import { clientOf } from "../client.mjs";
import { idToken, tripOf } from "../sign-in-by.mjs";

/** Signs in by a provider through the client. */
const signedIn = async (at, provider = "google", fields = {}) => {
  const ada = clientOf(at);
  const { url } = await ada.call("signIn.social", { provider, callbackURL: "/there" });
  await tripOf(at, ada.browser, provider, url).back({ refresh: true, ...fields });
  return ada;
};
const account = async (ada, provider) => (await ada.call("listAccounts")).find(({ providerId }) => providerId === provider);

const social = {
  "from a provider to sign-out": async (at) => {
    const ada = await signedIn(at);
    await ada.call("getSession");
    await ada.call("listAccounts");
    await ada.call("signOut");
    await ada.call("getSession");
  },
  "a generic provider": async (at) => {
    const ada = await signedIn(at, "acme");
    await ada.call("getSession");
  },
  "every option": async (at) => {
    const ada = clientOf(at);
    await ada.call("signIn.social", {
      provider: "google",
      callbackURL: "/there",
      errorCallbackURL: "/sign-in",
      newUserCallbackURL: "/welcome",
      disableRedirect: true,
      scopes: ["calendar"],
      requestSignUp: true,
      loginHint: "ada@example.com",
      additionalParams: { display: "touch" },
      additionalData: { invitation: "i-1" },
    });
  },
  "an ID token": async (at) => {
    const ada = clientOf(at);
    await ada.call("signIn.social", { provider: "google", idToken: { token: await idToken(at, "google") } });
    await ada.call("getSession");
  },
  "linking": async (at) => {
    const ada = clientOf(at);
    await ada.call("signUp.email", { name: "Ada", email: at.email("ada"), password: PASSWORD });
    await at.rows.verify(at.email("ada"));
    const { url } = await ada.call("linkSocial", { provider: "google", callbackURL: "/settings" });
    await tripOf(at, ada.browser, "google", url).back();
    await ada.call("linkSocial", { provider: "apple", idToken: { token: await idToken(at, "apple") } });
    await ada.call("listAccounts");
    const { id } = await account(ada, "google");
    await ada.call("unlinkAccount", { accountId: id });
    await ada.call("listAccounts");
  },
  "what the provider says": async (at) => {
    const ada = await signedIn(at);
    const { id } = await account(ada, "google");
    await ada.call("accountInfo", { query: { accountId: id } });
    await ada.call("getAccessToken", { accountId: id });
    await ada.call("refreshToken", { accountId: id });
    await ada.call("getAccessToken", { accountId: id });
  },
  "what is refused": async (at) => {
    const nobody = clientOf(at);
    await nobody.call("signIn.social", { provider: "gitlab" });
    await nobody.call("signIn.social", { provider: "google", idToken: { token: "token" } });
    await nobody.call("signIn.social", { provider: "google", callbackURL: "https://evil.example.com" });
    await nobody.call("linkSocial", { provider: "google" });
    await nobody.call("unlinkAccount", { accountId: "one" });
    await nobody.call("accountInfo", { query: { accountId: "one" } });
    await nobody.call("getAccessToken", { accountId: "one" });
    await nobody.call("refreshToken", { accountId: "one" });
    const ada = await signedIn(at);
    const { id } = await account(ada, "google");
    await ada.call("unlinkAccount", { accountId: id });
    await ada.call("unlinkAccount", { accountId: "unknown" });
    await ada.call("accountInfo", { query: { accountId: "unknown" } });
    await ada.call("getAccessToken", {});
  },
};

export default { social };
