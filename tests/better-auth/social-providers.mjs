// The providers of the profiles: as the setting of auth-service, and as the options of Better Auth. All of them are provider.mjs,
// whose URL is in LATCHKEY_PROVIDER.

import { genericOAuth } from "better-auth/plugins";

/** Where Better Auth's presets send requests, and the path of the provider that answers them. */
const PRESET_ENDPOINTS = {
  "https://oauth2.googleapis.com/token": "/google/token",
  "https://www.googleapis.com/oauth2/v3/certs": "/google/jwks",
  "https://github.com/login/oauth/access_token": "/github/token",
  "https://api.github.com/user": "/github/user",
  "https://api.github.com/user/emails": "/github/user/emails",
  "https://appleid.apple.com/auth/token": "/apple/token",
  "https://appleid.apple.com/auth/keys": "/apple/jwks",
};
const MICROSOFT_ENDPOINTS = /^https:\/\/login\.microsoftonline\.com\/[^/]+\/(?:oauth2|discovery)\/v2\.0\/(token|keys)$/;
/** Options of auth-service that Better Auth does not have. */
const OURS = ["allowPrivateNetwork", "tokenEndpoint", "jwksUri", "userInfoEndpoint", "emailsEndpoint"];
const GENERIC = ["acme", "plain", "basic"];

/** The URL of the provider. */
export function providerUrl() {
  const url = process.env.LATCHKEY_PROVIDER;
  if (url === undefined) throw new Error("LATCHKEY_PROVIDER is not set: start `node provider.mjs` and set it to the URL that it prints");
  return url;
}

/** The client of a provider. The code of a scenario names it, and the provider refuses any other. */
export function clientOfProvider(id) {
  return { clientId: `${id}-client`, clientSecret: `${id}-secret` };
}

const SETS = {
  all: (url) => ({
    google: preset(url, "google"),
    github: preset(url, "github", { userInfoEndpoint: `${url}/github/user`, emailsEndpoint: `${url}/github/user/emails` }),
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
  }),
};

/** The setting SOCIAL_PROVIDERS of a profile, by the name of a set. */
export function socialProviders(set) {
  return SETS[set](providerUrl());
}

function preset(url, id, more = {}) {
  const endpoints = { tokenEndpoint: `${url}/${id}/token`, ...(id !== "github" && { jwksUri: `${url}/${id}/jwks` }) };
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

/** The options and plugins of Better Auth for the setting SOCIAL_PROVIDERS, if there is one. */
export function betterAuthOptions(setting) {
  if (setting === undefined) return { socialProviders: undefined, plugins: [] };
  const all = Object.entries(JSON.parse(setting)).map(([id, options]) => [id, withoutOurs(options)]);
  const presets = all.filter(([id]) => !GENERIC.includes(id));
  const config = all.filter(([id]) => GENERIC.includes(id)).map(([providerId, options]) => ({ providerId, ...options }));
  return { socialProviders: Object.fromEntries(presets), plugins: [genericOAuth({ config })] };
}

function withoutOurs(options) {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !OURS.includes(name)));
}

/** Makes Better Auth's presets, whose endpoints are constants, send their requests to the provider. */
export function redirectPresets() {
  const real = globalThis.fetch;
  globalThis.fetch = (target, init) => {
    const url = target instanceof Request ? target.url : String(target);
    const path = PRESET_ENDPOINTS[url] ?? microsoft(url);
    return path === undefined ? real(target, init) : real(`${providerUrl()}${path}`, init);
  };
}

function microsoft(url) {
  const [, endpoint] = MICROSOFT_ENDPOINTS.exec(url) ?? [];
  if (endpoint !== undefined) return `/microsoft/${endpoint}`;
  // Nobody has a photo.
  return url.startsWith("https://graph.microsoft.com/") ? "/microsoft/photo" : undefined;
}
