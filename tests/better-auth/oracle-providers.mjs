// The providers of a profile as Better Auth's options.

import "./environment.mjs";
import { genericOAuth } from "better-auth/plugins";
import { providerUrl } from "./social-providers.mjs";

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
const PRESETS = ["google", "github", "apple", "microsoft"];

/** The options and plugins of Better Auth for the setting SOCIAL_PROVIDERS, if there is one. */
export function betterAuthOptions(setting) {
  if (setting === undefined) return { socialProviders: undefined, plugins: [] };
  const all = Object.entries(JSON.parse(setting)).map(([id, options]) => [id, withoutOurs(options)]);
  const presets = all.filter(([id]) => PRESETS.includes(id));
  const config = all.filter(([id]) => !PRESETS.includes(id)).map(([providerId, options]) => ({ providerId, ...options }));
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
