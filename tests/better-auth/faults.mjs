// Faults to inject into correct responses, one for each kind of mistake that a drop-in replacement could make. `at` is the
// request whose response is altered, and `field` is where the comparison must report it. With `misses`, the comparison must
// instead report that the scenario `of` no longer shows that deliberate difference.

import { drop, header, instead, json, redirect, remembered, text } from "./spoil.mjs";
import { TWO_FACTOR_FAULTS } from "./two-factor-faults.mjs";

/** Each kind is injected into the scenarios of its profile, which together send every request that is altered. */
export const KINDS = [
  { profile: "plain", scenarios: ["sign-in > a session", "sign-in > a wrong password"], faults: plain() },
  {
    profile: "account",
    scenarios: [
      "links > a verification, by a program that has the link alone",
      "links > a verification, opened in another browser",
      "links > a verification, and the other sessions",
      "links > a verification, after a reset",
      "links > a change of address, by a program that has the link alone",
      "links > a change of address, after a sign-out",
      "links > a change of address, asked for in a session that is not fresh",
      "links > a reset, after a changed password",
    ],
    faults: account(),
  },
  {
    profile: "social",
    scenarios: [
      "social > a request to google",
      "social > a request to acme",
      "social-callback > a new user by google",
      "social-callback > no issuer",
      "social-callback > the state of another provider",
      "social-faults > google: alg-none",
      "linked-accounts > unlink where the other provider is gone",
      "provider-tokens > refresh: google",
    ],
    faults: social(),
  },
  TWO_FACTOR_FAULTS,
];

function plain() {
  return [
    { what: "another status", at: "POST /sign-up/email", field: "status", spoil: (answer) => (answer.status = 201) },
    {
      what: "a field of another type",
      at: "POST /sign-in/email",
      field: "body.user.emailVerified",
      spoil: json((body) => (body.user.emailVerified = "false")),
    },
    {
      what: "a field that is missing",
      at: "GET /get-session",
      field: "body.user.image",
      spoil: json((body) => delete body.user.image),
    },
    {
      what: "a field too many",
      at: "GET /get-session",
      field: "body.user.passwordHash",
      spoil: json((body) => (body.user.passwordHash = "x")),
    },
    {
      what: "a time with six digits",
      at: "GET /get-session",
      field: "body.session.expiresAt",
      spoil: json((body) => (body.session.expiresAt = body.session.expiresAt.replace("Z", "000Z"))),
    },
    {
      what: "a session of eight days",
      at: "GET /get-session",
      field: "body.session.expiresAt",
      spoil: json((body) => (body.session.expiresAt = new Date(Date.now() + 8 * 86_400_000).toISOString())),
    },
    {
      what: "another user's id",
      at: "GET /get-session",
      field: "body.user.id",
      spoil: json((body) => (body.user.id = "0198c0de-0000-7000-8000-000000000000")),
    },
    { what: "a word of a message", at: "POST /sign-in/email", field: "body.message", spoil: text("Invalid email or", "Bad email or") },
    { what: "an error's code", at: "POST /sign-in/email", field: "body.code", spoil: text("INVALID_EMAIL_OR_PASSWORD", "INVALID") },
    { what: "a header that is missing", at: "GET /get-session", field: "header.cache-control", spoil: drop("cache-control") },
    { what: "another media type", at: "GET /get-session", field: "header.content-type", spoil: header("content-type", () => "text/plain") },
    {
      what: "a cookie that scripts may read",
      at: "POST /sign-up/email",
      field: "cookie.better-auth.session_token.attributes",
      spoil: header("set-cookie", (value) => value.replace(" HttpOnly;", "")),
    },
    {
      what: "a cookie of another name",
      at: "POST /sign-up/email",
      field: "cookie.auth.session_token.value",
      spoil: header("set-cookie", (value) => value.replace("better-auth.", "auth.")),
    },
    {
      what: "a cookie that is badly signed",
      at: "POST /sign-in/email",
      field: "cookie.better-auth.session_token.value",
      spoil: header("set-cookie", (value) => value.replace(/\.[^;]+;/, ".AAAA;")),
    },
    { what: "no cookie", at: "POST /sign-in/email", field: "cookie.better-auth.session_token.value", spoil: drop("set-cookie") },
    { what: "a body that is no JSON", at: "GET /get-session", field: "body", spoil: text("{", "{{") },
  ];
}

/** Rules that Better Auth does not have: a response like Better Auth's is a fault. */
function account() {
  const verify = "GET /verify-email";
  return [
    {
      what: "a link that verifies by itself",
      at: verify,
      misses: "links-need-proof",
      of: "links > a verification, by a program that has the link alone",
      spoil: instead(403, 200, '{"status":true,"user":null}'),
    },
    {
      what: "a link that verifies when a browser opens it",
      at: verify,
      misses: "links-need-proof",
      of: "links > a verification, opened in another browser",
      spoil: (answer) => answer.text.includes("<form") && redirect(answer, "/welcome"),
    },
    {
      what: "a link that changes an address by itself",
      at: verify,
      misses: "links-need-proof",
      of: "links > a change of address, by a program that has the link alone",
      spoil: instead(403, 200, '{"status":true,"user":null}'),
    },
    {
      what: "a page that asks for nothing",
      at: verify,
      field: "body.page.asks",
      spoil: text('name="password"', 'name="nothing"'),
    },
    {
      what: "a page that scripts may run on",
      at: verify,
      field: "header.content-security-policy",
      spoil: header("content-security-policy", (value) => value.replace("'none'", "*")),
    },
    {
      what: "a page that tells others its address",
      at: verify,
      field: "header.referrer-policy",
      spoil: header("referrer-policy", () => "unsafe-url"),
    },
    {
      what: "a verification of a former password",
      at: verify,
      misses: "links-of-a-former-password",
      of: "links > a verification, after a reset",
      spoil: header("location", (value) => value.replace("?error=INVALID_TOKEN", "")),
    },
    {
      what: "a link that outlives its session",
      at: verify,
      misses: "links-of-a-session",
      of: "links > a change of address, after a sign-out",
      spoil: header("location", (value) => value.replace("?error=INVALID_TOKEN", "")),
    },
    {
      what: "a reset of a former password",
      at: "POST /reset-password",
      misses: "links-of-a-former-password",
      of: "links > a reset, after a changed password",
      spoil: instead(400, 200, '{"status":true}'),
    },
    {
      what: "a change of address in an old session",
      at: "POST /change-email",
      misses: "change-email-fresh",
      of: "links > a change of address, asked for in a session that is not fresh",
      spoil: instead(403, 200, '{"status":true}'),
    },
    {
      what: "a session that outlives a verification",
      at: "GET /list-sessions",
      misses: "verified-sessions",
      of: "links > a verification, and the other sessions",
      spoil: (answer) => (answer.text = JSON.stringify([...JSON.parse(answer.text), ...JSON.parse(answer.text)])),
    },
    {
      what: "a sign-up's cookie that scripts may read",
      at: "POST /sign-up/email",
      field: "cookie.better-auth.sign_up.attributes",
      spoil: header("set-cookie", (value) => value.replace(" HttpOnly;", "")),
    },
    {
      what: "a sign-up's cookie of another user",
      at: "POST /sign-up/email",
      field: "cookie.better-auth.sign_up.value",
      spoil: header("set-cookie", (value) => value.replace("sign-up~", "sign-up~x")),
    },
  ];
}

/** Sign-in by providers: what ties a response to its request, and rules that Better Auth does not have. */
function social() {
  const ask = "POST /sign-in/social";
  const url = (parameter) => ({ at: ask, field: `body.url.parameters.${parameter}` });
  return [
    { what: "a request without a challenge", ...url("code_challenge"), spoil: text(/&code_challenge=[^&"]+/, "") },
    { what: "a plain challenge", ...url("code_challenge_method"), spoil: text("=S256", "=plain") },
    { what: "a request without a nonce", ...url("nonce"), spoil: text(/&nonce=[^&"]+/, "") },
    { what: "another redirect URI", ...url("redirect_uri"), spoil: text("%2Fcallback%2Fgoogle", "%2Fcallback%2Facme") },
    { what: "parameters in another order", at: ask, field: "body.url.(order)", spoil: text(/\?(response_type=code)&(.*?)"/, '?$2&$1"') },
    {
      what: "a state's cookie that scripts may read",
      at: ask,
      field: "cookie.better-auth.state.attributes",
      spoil: header("set-cookie", (value) => value.replace(" HttpOnly;", "")),
    },
    {
      what: "a state's cookie of another state",
      at: ask,
      field: "cookie.better-auth.state.value",
      spoil: header("set-cookie", (value) => value.replace(/(\.state=state[^.]{9})/, "$1x")),
    },
    { what: "a user who arrives elsewhere", at: "GET /callback/google", field: "header.location", spoil: header("location", () => "/") },
    { what: "an arrival without a session", at: "GET /callback/google", field: "cookie.better-auth.session_token.value", spoil: drop("set-cookie") },
    { what: "a refresh token that is not replaced", at: "POST /refresh-token", field: "body.refreshToken", spoil: remembered("refreshToken") },
    {
      what: "an ID token that nobody signed",
      at: "GET /callback/google",
      misses: "verified-id-tokens",
      of: "social-faults > google: alg-none",
      spoil: header("location", () => "/there"),
    },
    {
      what: "a response without an issuer",
      at: "GET /callback/acme",
      misses: "issuer-missing",
      of: "social-callback > no issuer",
      spoil: header("location", () => "/welcome"),
    },
    {
      what: "a state of another provider",
      at: "GET /callback/github",
      misses: "state-of-a-provider",
      of: "social-callback > the state of another provider",
      spoil: header("location", (value) => value.replace("state_mismatch", "invalid_code")),
    },
    {
      what: "the last way in, removed",
      at: "POST /unlink-account",
      misses: "last-way-in",
      of: "linked-accounts > unlink where the other provider is gone",
      spoil: instead(400, 200, '{"status":true}'),
    },
  ];
}
