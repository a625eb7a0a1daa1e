// A native app: the official client with the real @better-auth/expo. Its arguments are the service's URL and the app's scheme.
// Prints the results of its calls and the headers of its requests.

import "../environment.mjs";
import { once } from "node:events";
import http from "node:http";
import { register } from "node:module";
import { buffer } from "node:stream/consumers";

register("./native-modules.mjs", import.meta.url);
const { expoClient } = await import("@better-auth/expo/client");
const { createAuthClient } = await import("better-auth/client");

const [baseURL, scheme] = process.argv.slice(2);
const kept = new Map();
const sent = [];

const storage = {
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, value) => void kept.set(name, value),
  getItemAsync: async (name) => storage.getItem(name),
  setItemAsync: async (name, value) => storage.setItem(name, value),
};

/** Like a phone's fetch: sends only the given headers, without those that browsers add. */
async function phone(url, { headers, method, body }) {
  const named = Object.fromEntries(new Headers(headers));
  const request = http.request(url, { method, headers: named });
  request.end(body);
  const [answer] = await once(request, "response");
  const response = new Response(await buffer(answer), { status: answer.statusCode, headers: pairs(answer.rawHeaders) });
  sent.push({ path: new URL(url).pathname, status: response.status, origin: named.origin, app: named["expo-origin"] });
  return response;
}

function pairs(raw) {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1]]] : []));
}

const client = createAuthClient({
  baseURL,
  fetchOptions: { customFetchImpl: phone },
  plugins: [expoClient({ scheme, storage })],
});

const answers = [];
const call = async (name, ask) => {
  const { data, error } = await ask();
  answers.push({ name, ok: error === null, code: error?.code, user: data?.user?.email });
  return data;
};
const account = { email: "ada@example.com", password: "correct horse battery" };

await call("sign-up", () => client.signUp.email({ name: "Ada", ...account, callbackURL: "/welcome" }));
await call("session", () => client.getSession());
await call("update", () => client.updateUser({ name: "Countess" }));
await call("accounts", () => client.listAccounts());
await call("sign-out", () => client.signOut());
await call("nobody", () => client.getSession());
await call("sign-in", () => client.signIn.email(account));
await call("again", () => client.getSession());
const cookie = await client.getCookie();
await call("revoke", () => client.revokeSessions());
console.log(JSON.stringify({ answers, sent, cookie: cookie.split("=")[0] }));
process.exit(0);
