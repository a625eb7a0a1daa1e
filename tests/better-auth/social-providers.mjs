// The providers of the profiles, as the setting of auth-service. All of them are provider.mjs, whose URL is in LATCHKEY_PROVIDER.

/** The URL of the provider. */
export function providerUrl() {
  const url = process.env.LATCHKEY_PROVIDER;
  if (url === undefined) throw new Error("LATCHKEY_PROVIDER is not set: it is the URL that `node provider.mjs` prints");
  return url;
}

/** The client of a provider. The code of a scenario names it, and the provider refuses any other. */
export function clientOfProvider(id) {
  return { clientId: `${id}-client`, clientSecret: `${id}-secret` };
}

/** Nothing listens here. */
const NOWHERE = "http://127.0.0.1:2";

const SETS = {
  all: (url) => ({
    google: preset(url, "google"),
    github: preset(url, "github"),
    apple: preset(url, "apple"),
    microsoft: preset(url, "microsoft"),
    acme: acme(url, { scopes: ["openid", "email", "profile"] }),
    plain: plain(url, "plain", { scopes: ["identity", "email"] }),
  }),
  options: (url) => ({
    google: preset(url, "google", {
      clientId: ["google-client", "google-phone-client"],
      scope: ["https://www.googleapis.com/auth/calendar.readonly"],
      prompt: "select_account",
      accessType: "offline",
      hd: "example.com",
    }),
    github: preset(url, "github", { scope: ["repo"], disableDefaultScope: true, disableSignUp: true }),
    apple: preset(url, "apple", { appBundleIdentifier: "com.example.app", disableIdTokenSignIn: true }),
    microsoft: preset(url, "microsoft", { tenantId: "organizations", prompt: "consent", disableImplicitSignUp: true }),
    acme: acme(url, {
      prompt: "login",
      responseMode: "form_post",
      accessType: "offline",
      authorizationUrlParams: { ui_locales: "de", audience: "tasks" },
      disableImplicitSignUp: true,
      redirectURI: "https://auth.example.com/callback",
    }),
    // The client authenticates by a header.
    basic: plain(url, "basic", { authentication: "basic", disableSignUp: true }),
    "no-tokens": plain(url, "no-tokens", { tokenUrl: `${NOWHERE}/token` }),
    "no-profile": plain(url, "no-profile", { userInfoUrl: `${NOWHERE}/userinfo` }),
    "no-discovery": {
      ...acme(url, { scopes: ["openid"] }),
      discoveryUrl: `${NOWHERE}/.well-known/openid-configuration`,
    },
  }),
};

/** The setting SOCIAL_PROVIDERS of a profile, by the name of a set. */
export function socialProviders(set) {
  return SETS[set](providerUrl());
}

function preset(url, id, more = {}) {
  const at = `${url}/${id}`;
  const ofGitHub = { userInfoEndpoint: `${at}/user`, emailsEndpoint: `${at}/user/emails` };
  const endpoints = { tokenEndpoint: `${at}/token`, ...(id === "github" ? ofGitHub : { jwksUri: `${at}/jwks` }) };
  return { ...clientOfProvider(id), ...endpoints, allowPrivateNetwork: true, ...more };
}

function acme(url, more) {
  const discoveryUrl = `${url}/acme/.well-known/openid-configuration`;
  return { name: "Acme", discoveryUrl, ...clientOfProvider("acme"), allowPrivateNetwork: true, ...more };
}

function plain(url, id, more) {
  const at = `${url}/plain`;
  const endpoints = { authorizationUrl: `${at}/authorize`, tokenUrl: `${at}/token`, userInfoUrl: `${at}/userinfo` };
  return { name: "Plain", ...endpoints, ...clientOfProvider(id), allowPrivateNetwork: true, ...more };
}
