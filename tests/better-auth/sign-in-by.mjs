// The steps of a sign-in by a provider, for the scenarios: the request to it, the code that it would send, and the way back.

import { forge } from "./provider.mjs";
import { clientOfProvider, providerUrl } from "./social-providers.mjs";

/** The kind of each provider that has another id. */
const KIND_OF = { basic: "plain", "no-tokens": "plain", "no-profile": "plain" };

/** A trip to a provider: the URL that a browser was sent to, and the way back from there. */
class Trip {
  #at;

  constructor(at, browser, provider, url) {
    this.#at = at;
    this.browser = browser;
    this.provider = provider;
    this.asked = Object.fromEntries(new URL(url).searchParams);
  }

  get state() {
    return this.asked.state;
  }

  /** The code that the provider sends back if this person signs in: Ada, with an email of this scenario. */
  code(fields = {}) {
    const { nonce, code_challenge: challenge, scope, redirect_uri } = this.asked;
    const expected = { nonce, challenge, scope, redirect_uri, ...clientOfProvider(this.provider) };
    const { clientId: client_id, clientSecret: client_secret, ...rest } = expected;
    const ada = { email: this.#at.email("ada"), name: "Ada Lovelace" };
    return forge(KIND_OF[this.provider] ?? this.provider, { ...rest, client_id, client_secret, ...ada, ...fields });
  }

  /** The parameters of the way back. A parameter that is undefined is left out. */
  query(fields, more = {}) {
    const iss = this.provider === "acme" ? issuer() : undefined;
    const all = { code: this.code(fields), state: this.state, iss, ...more };
    const sent = Object.entries(all).filter(([, value]) => value !== undefined);
    return new URLSearchParams(Object.fromEntries(sent)).toString();
  }

  /** The browser comes back: a navigation from the provider's site. */
  back(fields, more = {}, browser = this.browser) {
    return browser.open(`/callback/${this.provider}?${this.query(fields, more)}`);
  }
}

/** The issuer of `acme`. */
export function issuer() {
  return `${providerUrl()}/acme`;
}

/** The trip that starts with a URL of sign-in/social or link-social. */
export function tripOf(at, browser, provider, url) {
  return new Trip(at, browser, provider, url);
}

/** Asks to sign in by a provider. */
export async function begin(at, provider, body = {}, browser = at.browser()) {
  const { json } = await browser.post("/sign-in/social", { provider, callbackURL: "/there", ...body });
  return tripOf(at, browser, provider, json.url);
}

/** Asks to link an account at a provider to the signed-in user. */
export async function beginLink(at, browser, provider, body = {}) {
  const { json } = await browser.post("/link-social", { provider, callbackURL: "/settings", ...body });
  return tripOf(at, browser, provider, json.url);
}

/** Signs in by a provider, in a new browser unless one is given. Returns it. */
export async function signInBy(at, provider, fields, { body, more, browser } = {}) {
  const trip = await begin(at, provider, body, browser);
  await trip.back(fields, more);
  return trip.browser;
}

/** Ada, who has a password and a verified email. */
export async function verifiedUser(at, name) {
  const ada = await at.user(name);
  await at.rows.verify(ada.email);
  return ada;
}

/** Ada, who has a password and a linked account at a provider, and that account. */
export async function linkedUser(at, provider, fields = {}) {
  const ada = await verifiedUser(at);
  const trip = await beginLink(at, ada, provider);
  await trip.back(fields);
  return { ada, account: await accountOf(ada, provider) };
}

/** The account of a signed-in user at a provider, from list-accounts. */
export async function accountOf(browser, provider) {
  const { json } = await browser.get("/list-accounts");
  return json.find(({ providerId }) => providerId === provider);
}

/** An ID token of a provider for Ada, as an app on a phone gets it. */
export async function idToken(at, provider, fields = {}) {
  const { clientId: client_id } = clientOfProvider(provider);
  const ada = { email: at.email("ada"), name: "Ada Lovelace" };
  const body = JSON.stringify({ kind: provider, client_id, ...ada, ...fields });
  const response = await fetch(`${providerUrl()}/forge-id-token`, { method: "POST", body });
  return (await response.json()).idToken;
}

/** The ids of a provider's client. */
export function clientIds(provider) {
  return [clientOfProvider(provider).clientId].flat();
}
