// A provider that signs people in without asking them, and forges what a test wants: as a module, and as a program that prints
// `{"url": ...}` and runs until its standard input closes.
//
// It keeps no state. An authorization code is base64url JSON that says what the token endpoint answers (see `forge`), and
// access and refresh tokens are base64url JSON too. `/google`, `/github`, `/apple`, `/microsoft`, `/acme` (OpenID Connect with
// discovery) and `/plain` (OAuth 2.0) are the kinds of providers.

import { createHash } from "node:crypto";
import http from "node:http";
import { Readable, pipeline } from "node:stream";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Signer, decode, emails, encode, person, tokens, userInfo } from "./provider-tokens.mjs";

export const KINDS = ["google", "github", "apple", "microsoft", "acme", "plain"];
const HUGE = 10 * 1024 * 1024;
/** Faults of an answer that any endpoint can have. The token endpoint has them by these names, userinfo as `userinfo-...`. */
const ANSWER_FAULTS = {
  500: ({ response }) => answer(response, 500, { error: "server_error" }),
  "not-json": ({ response }) => raw(response, 200, "application/json", "<!doctype html><title>Not JSON</title>"),
  huge: ({ response, result }) => stream(response, result),
  slow: () => {},
  redirect: ({ response }) => redirect(response, "/redirected/followed"),
};

/**
 * An authorization code of this kind of provider. Its fields, all of which may be left out:
 *
 * - `sub`, `email`, `email_verified`, `name`, `picture`: the person; null leaves a field out of the answers.
 * - `nonce`, `claims`: claims of the ID token; those in `claims` are added, replace others, or remove them if null.
 * - `challenge`, `client_id`, `client_secret`, `redirect_uri`: the token endpoint refuses a request that does not match.
 * - `method`: "basic" or "post", how the client has to authenticate.
 * - `scope`, `expires_in`, `refresh_token_expires_in`: in the answer of the token endpoint.
 * - `refresh`: true for a refresh token that is replaced when used, "kept" for one that is not, "refused" for one that fails.
 * - `authority`: of Microsoft's issuer. `private_email`: GitHub's profile has no email.
 * - `fault`: what is wrong with the answer.
 */
export function forge(kind, fields = {}) {
  if (!KINDS.includes(kind)) throw new Error(`no such kind of provider: ${kind}`);
  return encode(person(kind, fields));
}

/** Starts the provider. `idToken(kind, fields)` returns an ID token signed by it. */
export async function startProvider(port = 0) {
  let provider;
  const server = http.createServer((request, response) => {
    provider.handle(request, response).catch((error) => {
      if (!response.headersSent) answer(response, 500, { error: "server_error", error_description: error.message });
    });
  });
  await new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${server.address().port}`;
  provider = new Provider(url);
  return {
    url,
    idToken: (kind, fields) => provider.signer.idToken(kind, fields),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Provider {
  #url;
  #followed = 0;

  constructor(url) {
    this.#url = url;
    this.signer = new Signer(url);
  }

  async handle(request, response) {
    const { pathname, searchParams } = new URL(request.url, this.#url);
    const body = await text(request);
    const [, first, ...rest] = pathname.split("/");
    const exchange = { request, response, query: searchParams, body, kind: first };
    // `/~slow/google/jwks`: an endpoint with this fault.
    if (first.startsWith("~")) return respond(exchange, first.slice(1), {});
    if (first === "redirected") {
      if (rest.length > 0) this.#followed += 1;
      return answer(response, 200, { count: this.#followed });
    }
    if (first === "forge-id-token") return this.#forgeIdToken(exchange);
    if (first === "as") return this.#as(exchange);
    if (!KINDS.includes(first)) return notFound(response);
    // Microsoft's paths begin with the tenant if the provider is its authority.
    if (first === "microsoft" && rest.length > 1) exchange.authority = `${this.#url}/microsoft`;
    return this.#endpoint(exchange, rest.join("/"));
  }

  #endpoint(exchange, path) {
    const { response } = exchange;
    switch (path.replace(/^[^/]+\/(oauth2|discovery)\/v2\.0\//, "")) {
      case "authorize":
        return this.#authorize(exchange);
      case "token":
        return this.#token(exchange);
      case "jwks":
      case "keys":
        return this.signer.jwks().then((keys) => answer(response, 200, keys));
      case "userinfo":
      case "user":
        return this.#userInfo(exchange, (fields) => userInfo(exchange.kind, fields));
      case "user/emails":
        return this.#userInfo(exchange, emails);
      case ".well-known/openid-configuration":
        return exchange.kind === "plain" ? notFound(response) : answer(response, 200, this.#discovery(exchange.kind));
      default:
        return notFound(response);
    }
  }

  /** Sends the browser back at once, as the person of `login_hint` or of the cookie that `/as` sets. */
  #authorize({ request, response, query, kind, authority }) {
    const target = query.get("redirect_uri");
    if (target === null) return answer(response, 400, { error: "invalid_request" });
    const { error, ...who } = chosen(request);
    const email = query.get("login_hint") ?? who.email;
    const fields = { ...who, ...(email && { email }), authority, challenge: query.get("code_challenge") ?? undefined };
    for (const name of ["nonce", "scope", "client_id", "redirect_uri"]) fields[name] = query.get(name) ?? undefined;
    const result = error ? { error, error_description: "The person declined" } : { code: forge(kind, fields) };
    if (query.has("state")) result.state = query.get("state");
    if (kind === "acme") result.iss = `${this.#url}/acme`;
    if (kind === "apple" && !error) result.user = appleUser(person(kind, fields));
    if (query.get("response_mode") === "form_post") return page(response, target, result);
    const url = new URL(target);
    for (const [name, value] of Object.entries(result)) url.searchParams.set(name, value);
    return redirect(response, url.href);
  }

  /**
   * Chooses who signs in by this browser from now on: `/as?email=...&name=...`, with other fields of a code as JSON in `fields`,
   * or nobody, who comes back with an error: `/as?error=access_denied`.
   */
  #as({ response, query }) {
    const { fields, ...rest } = Object.fromEntries(query);
    const who = { ...rest, ...(fields && JSON.parse(fields)) };
    response.setHeader("set-cookie", `person=${encode(who)}; Path=/; SameSite=Lax`);
    answer(response, 200, { person: who });
  }

  async #token(exchange) {
    const { response, kind, authority } = exchange;
    const form = new URLSearchParams(exchange.body);
    const refreshed = form.get("grant_type") === "refresh_token";
    const fields = decode(form.get(refreshed ? "refresh_token" : "code") ?? "");
    const refused = fields === undefined ? "invalid_grant" : refusal(exchange.request, form, fields, refreshed);
    if (refused) return answer(response, refused === "invalid_client" ? 401 : 400, { error: refused });
    const fault = fields.fault?.replace(/^token-/, "");
    if (fault === "error") return answer(response, 400, { error: "invalid_grant", error_description: "The code is unknown" });
    if (fault === "github-error") return answer(response, 200, { error: "bad_verification_code" });
    const known = { client_id: client(exchange.request, form).id, ...(authority && { authority }), ...fields };
    return respond(exchange, fault, await tokens(this.signer, kind, known, refreshed));
  }

  #userInfo(exchange, about) {
    const { request, response } = exchange;
    const fields = decode(/^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "");
    if (fields?.use !== "access") return answer(response, 401, { error: "invalid_token" });
    return respond(exchange, /^userinfo-(.+)$/.exec(fields.fault)?.[1], about(fields));
  }

  async #forgeIdToken({ response, body }) {
    const { kind, ...fields } = JSON.parse(body);
    answer(response, 200, { idToken: await this.signer.idToken(kind, fields) });
  }

  #discovery(kind) {
    const at = `${this.#url}/${kind}`;
    return {
      issuer: at,
      authorization_endpoint: `${at}/authorize`,
      token_endpoint: `${at}/token`,
      userinfo_endpoint: `${at}/userinfo`,
      jwks_uri: `${at}/jwks`,
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["RS256"],
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
      authorization_response_iss_parameter_supported: true,
    };
  }
}

/** Why the token endpoint refuses a request, as an error code of RFC 6749. */
function refusal(request, form, fields, refreshed) {
  const { id, secret, method } = client(request, form);
  if (fields.client_id && id !== fields.client_id) return "invalid_client";
  if (fields.client_secret && secret !== fields.client_secret) return "invalid_client";
  if (fields.method && method !== fields.method) return "invalid_client";
  if (refreshed) return fields.use !== "refresh" || fields.refresh === "refused" ? "invalid_grant" : undefined;
  if (form.get("grant_type") !== "authorization_code") return "unsupported_grant_type";
  if (fields.redirect_uri && form.get("redirect_uri") !== fields.redirect_uri) return "invalid_grant";
  const verifier = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
  return fields.challenge && verifier !== fields.challenge ? "invalid_grant" : undefined;
}

/** The client of a request, which authenticates by a header or by the form. */
function client(request, form) {
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (basic === undefined) return { id: form.get("client_id") ?? undefined, secret: form.get("client_secret"), method: "post" };
  const parts = Buffer.from(basic, "base64").toString("utf8").split(":");
  const [id, secret] = parts.map((part) => decodeURIComponent(part.replaceAll("+", " ")));
  return { id, secret, method: "basic" };
}

/** Whom the cookie `person` names: the fields that `/as` puts there, or an email. */
function chosen(request) {
  const value = /(?:^|; )person=([^;]*)/.exec(request.headers.cookie ?? "")?.[1];
  return value ? (decode(value) ?? { email: decodeURIComponent(value) }) : {};
}

async function text(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function raw(response, status, type, body) {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(body);
}

function answer(response, status, body) {
  raw(response, status, "application/json", JSON.stringify(body));
}

function notFound(response) {
  answer(response, 404, { error: "not_found" });
}

function redirect(response, location) {
  response.writeHead(302, { location, "cache-control": "no-store" });
  response.end();
}

/** The field of Apple's form that has the name. Apple sends it once, this provider always. */
function appleUser({ name, email }) {
  const [firstName, ...rest] = (name ?? "").split(" ");
  return JSON.stringify({ name: { firstName, lastName: rest.join(" ") }, email });
}

/** A page that posts the result to the client (OAuth 2.0 Form Post Response Mode). */
function page(response, target, result) {
  const escaped = (value) => value.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  const input = ([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value)}">`;
  const form = `<form method="post" action="${escaped(target)}">${Object.entries(result).map(input).join("")}</form>`;
  raw(response, 200, "text/html", `<!doctype html><title>Signing in</title>${form}<script>document.forms[0].submit()</script>`);
}

/** Answers with the result, or with a fault of the answer. */
function respond(exchange, fault, result) {
  const send = ANSWER_FAULTS[fault];
  return send ? send({ ...exchange, result }) : answer(exchange.response, 200, result);
}

/** Sends the result as a JSON object of ten megabytes. A client that stops reading is no error. */
function stream(response, result) {
  response.writeHead(200, { "content-type": "application/json" });
  pipeline(Readable.from(huge(result)), response, () => {});
}

function* huge(result) {
  yield '{"padding":"';
  const chunk = "x".repeat(64 * 1024);
  for (let sent = 0; sent < HUGE; sent += chunk.length) yield chunk;
  yield `",${JSON.stringify({ huge: true, ...result }).slice(1)}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values } = parseArgs({ options: { port: { type: "string", default: "0" } } });
  const provider = await startProvider(Number(values.port));
  console.log(JSON.stringify({ url: provider.url }));
  const stop = () => provider.close().then(() => process.exit(0));
  process.stdin.on("end", stop).on("error", stop).resume();
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}
