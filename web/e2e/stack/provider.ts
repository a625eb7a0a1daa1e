import path from "node:path";
import { ROOT } from "./environment";
import { freePort } from "./ports";
import { Program } from "./program";

/** A program that signs people in without asking them, as several kinds of providers. */
const PROVIDER = path.join(ROOT, "tests/better-auth/provider.mjs");

/** Chooses where the provider will run. */
export async function providerUrl(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}`;
}

/** Starts the provider. */
export function startProvider(url: string): Promise<Program> {
  return Program.start({
    name: "the provider (its packages: npm ci in tests/better-auth)",
    program: process.execPath,
    args: [PROVIDER, "--port", new URL(url).port],
    env: { PATH: process.env.PATH ?? "" },
    ready: /"url"/,
  });
}

/** The setting `SOCIAL_PROVIDERS` of auth-service: one provider with discovery, one with ID tokens, one without. */
export function socialProviders(url: string): string {
  const client = { clientId: "latchkey", clientSecret: "the secret of the browser tests", allowPrivateNetwork: true };
  const preset = (id: string) => ({
    ...client,
    authorizationEndpoint: `${url}/${id}/authorize`,
    tokenEndpoint: `${url}/${id}/token`,
  });
  return JSON.stringify({
    google: { ...preset("google"), jwksUri: `${url}/google/jwks` },
    github: {
      ...preset("github"),
      userInfoEndpoint: `${url}/github/user`,
      emailsEndpoint: `${url}/github/user/emails`,
    },
    acme: {
      ...client,
      name: "Acme",
      discoveryUrl: `${url}/acme/.well-known/openid-configuration`,
      scopes: ["openid", "email", "profile"],
    },
  });
}
