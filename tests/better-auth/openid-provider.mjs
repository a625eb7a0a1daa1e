// A real OpenID Provider (the package oidc-provider) with one client, as a module and as a program:
//
//     node openid-provider.mjs --redirect-uri http://localhost:8081/api/auth/callback/acme [--port N]
//
// It prints one line of JSON and runs until its standard input closes: `url` is the issuer, and `socialProviders` the setting
// SOCIAL_PROVIDERS of an auth-service whose provider `acme` it is. Its pages let anybody sign in with any email and any password.
// `signIn` does that without a browser, and `POST /sign-in` with `{ "url", "email" }` for programs that cannot import it.

import { generateKeyPairSync } from "node:crypto";
import http from "node:http";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { exportJWK } from "jose";
import { Provider } from "oidc-provider";

const CLIENT = { client_id: "latchkey", client_secret: "a secret that only the client knows" };
/** More redirects than a sign-in has. */
const MOST_REDIRECTS = 12;

/** Starts the provider. Returns its `url`, its setting for auth-service, and `close`. */
export async function startOpenIdProvider(redirectUri, port = 0) {
  let handle;
  const server = http.createServer((request, response) => handle(request, response));
  await new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(url, await configuration(redirectUri));
  const pages = provider.callback();
  handle = (request, response) => {
    if (request.method === "POST" && request.url === "/sign-in") void signInFor(request, response);
    else pages(request, response);
  };
  return {
    url,
    socialProviders: socialProviders(url),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function configuration(redirectUri) {
  const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  return {
    clients: [
      {
        ...CLIENT,
        redirect_uris: [redirectUri],
        response_types: ["code"],
        grant_types: ["authorization_code", "refresh_token"],
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    scopes: ["openid", "offline_access"],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    // The name of the account is what the person typed on the page.
    findAccount: (_context, email) => ({
      accountId: email,
      claims: () => ({ sub: email, email, email_verified: true, name: "Ada Lovelace" }),
    }),
    cookies: { keys: ["a key of the tests"] },
    jwks: { keys: [{ ...(await exportJWK(key)), kid: "openid-1", alg: "RS256", use: "sig" }] },
    ttl: { AccessToken: 3600, IdToken: 3600, RefreshToken: 86_400, Session: 3600, Interaction: 3600, Grant: 86_400 },
  };
}

function socialProviders(url) {
  return {
    acme: {
      name: "Acme",
      discoveryUrl: `${url}/.well-known/openid-configuration`,
      clientId: CLIENT.client_id,
      clientSecret: CLIENT.client_secret,
      // The client has to authenticate as it is registered: by a header.
      authentication: "basic",
      scopes: ["openid", "email", "profile", "offline_access"],
      // Without a consent there is no offline access (OpenID Connect Core 11).
      prompt: "consent",
      allowPrivateNetwork: true,
    },
  };
}

/** Signs a person in at the provider that an authorization URL leads to. Returns the URL that it sends the browser back to. */
export async function signIn(authorizationUrl, email) {
  const { origin } = new URL(authorizationUrl);
  const cookies = new Map();
  let [url, body] = [authorizationUrl, undefined];
  for (let step = 0; step < MOST_REDIRECTS; step += 1) {
    const response = await fetch(url, {
      method: body ? "POST" : "GET",
      body: body && new URLSearchParams(body),
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
      redirect: "manual",
    });
    keep(cookies, response.headers.getSetCookie());
    const location = response.headers.get("location");
    if (location !== null) {
      [url, body] = [new URL(location, url).href, undefined];
      if (new URL(url).origin !== origin) return url;
      continue;
    }
    const page = await response.text();
    const [, prompt] = /name="prompt" value="([^"]*)"/.exec(page) ?? [];
    if (prompt === undefined) throw new Error(`${url} answered ${response.status} and no form: ${page.slice(0, 500)}`);
    [, url] = /action="([^"]*)"/.exec(page);
    body = prompt === "login" ? { prompt, login: email, password: "any password" } : { prompt };
  }
  throw new Error(`the provider did not send the browser back within ${MOST_REDIRECTS} steps`);
}

function keep(cookies, lines) {
  for (const line of lines) {
    const [, name, value] = /^([^=]*)=([^;]*)/.exec(line);
    if (value === "" || /; expires=thu, 01 jan 1970/i.test(line)) cookies.delete(name);
    else cookies.set(name, value);
  }
}

async function signInFor(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const respond = (status, body) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  try {
    const { url, email } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    respond(200, { callback: await signIn(url, email) });
  } catch (error) {
    respond(400, { error: error.message });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  // The package writes notices to the standard output, whose first line is for programs.
  console.info = console.warn;
  const options = { "redirect-uri": { type: "string" }, port: { type: "string", default: "0" } };
  const { values } = parseArgs({ options });
  if (values["redirect-uri"] === undefined) {
    console.error("--redirect-uri is missing: the callback of auth-service, such as http://localhost:8081/api/auth/callback/acme");
    process.exit(2);
  }
  const provider = await startOpenIdProvider(values["redirect-uri"], Number(values.port));
  console.log(JSON.stringify({ url: provider.url, socialProviders: provider.socialProviders }));
  const stop = () => provider.close().then(() => process.exit(0));
  process.stdin.on("end", stop).on("error", stop).resume();
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}
