// A person's journey through an auth-service whose provider `acme` is openid-provider.mjs. LATCHKEY_URL is the URL of the
// service, and LATCHKEY_ORIGIN an origin that it trusts, if not the URL's own. Fails on the first response that is not as expected.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { decodeJwt } from "jose";
import { signIn } from "./openid-provider.mjs";

const url = process.env.LATCHKEY_URL;
if (url === undefined) {
  console.error("LATCHKEY_URL is not set: the URL of auth-service");
  process.exit(2);
}
const origin = process.env.LATCHKEY_ORIGIN ?? new URL(url).origin;
const email = `ada.${randomUUID()}@example.com`;
const cookies = new Map();

/** Sends a request of the browser. Redirects are not followed. */
async function ask(method, path, body) {
  const response = await fetch(`${url}/api/auth${path}`, {
    method,
    body: body && JSON.stringify(body),
    headers: {
      origin,
      cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
      ...(body && { "content-type": "application/json" }),
    },
    redirect: "manual",
  });
  for (const line of response.headers.getSetCookie()) {
    const [, name, value] = /^([^=]*)=([^;]*)/.exec(line);
    if (/; max-age=0\b/i.test(line)) cookies.delete(name);
    else cookies.set(name, value);
  }
  const text = await response.text();
  const isJson = text !== "" && response.headers.get("content-type")?.startsWith("application/json");
  const json = isJson ? JSON.parse(text) : undefined;
  return { status: response.status, location: response.headers.get("location"), json, text };
}

/** Asks, and expects 200 with JSON. */
async function expect(method, path, body) {
  const { status, json, text } = await ask(method, path, body);
  assert.equal(status, 200, `${method} ${path}: ${status} ${text.slice(0, 500)}`);
  return json;
}

/** Signs in, and returns the session. */
async function signInByAcme(callbackURL) {
  const { url: authorizationUrl } = await expect("POST", "/sign-in/social", { provider: "acme", callbackURL });
  const sent = new URL(authorizationUrl).searchParams;
  for (const name of ["state", "nonce", "code_challenge"]) assert.ok(sent.get(name), `the authorization URL has no ${name}`);
  const back = new URL(await signIn(authorizationUrl, email));
  assert.equal(back.searchParams.get("state"), sent.get("state"), `the provider sent the browser to ${back}`);
  assert.ok(back.searchParams.get("iss"), "the provider sent no issuer");
  const arrived = await ask("GET", `${back.pathname.replace(/^\/api\/auth/, "")}${back.search}`);
  assert.equal(arrived.status, 302, `the callback: ${arrived.status} ${arrived.text.slice(0, 500)}`);
  assert.equal(arrived.location, callbackURL, "the callback led elsewhere");
  const session = await expect("GET", "/get-session");
  assert.equal(session?.user?.email, email);
  assert.equal(session.user.emailVerified, true);
  assert.equal(session.user.name, "Ada Lovelace");
  return session;
}

const first = await signInByAcme("/there");
const [account] = (await expect("GET", "/list-accounts")).filter(({ providerId }) => providerId === "acme");
assert.ok(account, "list-accounts has no account of acme");
assert.equal(account.accountId, email, "the account is another person's");
for (const scope of ["openid", "email", "profile", "offline_access"]) assert.ok(account.scopes.includes(scope), `no scope ${scope}`);

const info = await expect("GET", `/account-info?accountId=${account.id}`);
assert.equal(info.user.email, email);
assert.equal(info.user.emailVerified, true);
assert.equal(info.account.id, account.id);

const access = await expect("POST", "/get-access-token", { accountId: account.id });
assert.ok(access.accessToken, "no access token");
assert.equal(decodeJwt(access.idToken).sub, email);
assert.ok(new Date(access.accessTokenExpiresAt) > new Date(), "the access token has expired");
const again = await expect("POST", "/get-access-token", { accountId: account.id });
assert.equal(again.accessToken, access.accessToken, "an access token that has not expired was replaced");

const refreshed = await expect("POST", "/refresh-token", { accountId: account.id });
assert.notEqual(refreshed.accessToken, access.accessToken, "the access token was not refreshed");
assert.ok(refreshed.refreshToken, "no refresh token");
const rotated = await expect("POST", "/refresh-token", { accountId: account.id });
assert.notEqual(rotated.refreshToken, refreshed.refreshToken, "the refresh token was not replaced");
const current = await expect("POST", "/get-access-token", { accountId: account.id });
assert.equal(current.accessToken, rotated.accessToken, "the refreshed access token was not stored");
await expect("GET", `/account-info?accountId=${account.id}`);

await expect("POST", "/sign-out", {});
assert.equal(await expect("GET", "/get-session"), null, "the session survived the sign-out");
const second = await signInByAcme("/there-again");
assert.equal(second.user.id, first.user.id, "the second sign-in created another user");
assert.notEqual(second.session.id, first.session.id);
assert.equal((await expect("GET", "/list-accounts")).length, 1, "the second sign-in linked another account");
console.log(`signed in twice as ${email}, refreshed twice`);
