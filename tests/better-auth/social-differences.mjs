// Sign-in by providers: the entries of differences.mjs that `scenarios/social*.mjs`, `id-tokens.mjs`, `linked-accounts.mjs` and
// `provider-tokens.mjs` show. provider-differences.mjs has those of what providers send.

import { PROVIDER_DIFFERENCES } from "./provider-differences.mjs";
import { ERROR_PAGE, UNVERIFIED, notArrived, notPresented, notSignedIn, said } from "./social-shows.mjs";

const PRESETS = ["google", "apple", "microsoft"];
const FAULTS = ["alg-none", "alg-hs256", "wrong-key", "unknown-kid", "wrong-nonce", "no-nonce", "wrong-audience", "wrong-issuer", "expired"];
/** Where an authorization URL is shown. */
const URL_FIELD = "(body\\.url|data\\.url|header\\.location)";
/** An authorization URL whose parameters are in another order. */
const ordered = (scenario, theirs, ours) => ({ scenario, field: new RegExp(`^${URL_FIELD}\\.\\(order\\)$`), theirs, ours });
/** The requests about what a provider issued. */
const OF_TOKENS = /^(GET \/account-info|POST \/(get-access-token|refresh-token))$/;
const SET_BY_MAIL = "linked-accounts > a user without a password: sets one by mail";
const PENDING = "social-settings > verified: the email of an account that waits for its verification";

export const SOCIAL_DIFFERENCES = [
  {
    id: "provider-nonce",
    difference: "requests to Google, Apple and Microsoft have a `nonce`, and so have their ID tokens",
    reason: "an ID token that was issued for another request is refused (OpenID Connect Core 3.1.2.1)",
    shows: [
      // Not to providers that issue no ID tokens.
      {
        scenario: /^(?!social > a request to (github|acme|plain)$)/,
        field: new RegExp(`^${URL_FIELD}\\.parameters\\.nonce$`),
        theirs: null,
        ours: /^"<nonce \d+>"$/,
      },
      {
        scenario: /^(?!social > a request to (github|acme|plain)$)/,
        field: new RegExp(`^${URL_FIELD}\\.\\(order\\)$`),
        theirs: /^(?!.*\bnonce\b)/,
        ours: /\bnonce\b/,
      },
      { field: /^(body|data)\.(idToken\.jwt\.claims|data)\.nonce$/, theirs: null },
    ],
  },
  {
    id: "verified-id-tokens",
    difference:
      "an ID token from the token endpoint of Google, Apple or Microsoft is verified too: signature, issuer, audience, age and nonce",
    reason: "OpenID Connect Core 3.1.3.7; Better Auth only decodes it",
    shows: [
      ...PRESETS.flatMap((provider) =>
        FAULTS.flatMap((fault) => notSignedIn(`social-faults > ${provider}: ${fault}`, provider, UNVERIFIED)),
      ),
      ...notArrived("social-faults > an ID token that is old", "google", UNVERIFIED),
      ...notSignedIn("social-callback > a Microsoft issuer of another tenant", "microsoft", UNVERIFIED, { page: ERROR_PAGE }),
      ...notSignedIn("social-settings > options: a personal account where organizations sign in", "microsoft", UNVERIFIED),
    ],
  },
  {
    id: "state-of-a-provider",
    difference: "a callback with the state of a request to another provider is a `state_mismatch`",
    reason: "mix-up attacks (RFC 9700 4.4); Better Auth sends the code to the other provider",
    shows: [
      {
        scenario: "social-callback > the state of another provider", at: "GET /callback/github", field: "header.location",
        theirs: /error=invalid_code"$/, ours: /error=state_mismatch"$/,
      },
    ],
  },
  {
    id: "state-cookie",
    difference: "the cookie `<prefix>.state` has `state~` before the state",
    reason: "a signed value of one kind must not pass for one of another",
    shows: [
      { field: /^cookie\.[\w-]+\.state\.value$/, theirs: /^"<state \d+>\.<good signature>"$/, ours: /^"state~<state \d+>\.<good signature>"$/ },
    ],
  },
  {
    id: "issuer-missing",
    difference: "a callback without `iss` is an `issuer_missing` if the provider's discovery document promises it",
    reason: "RFC 9207 2.4; Better Auth compares it only if it is there",
    shows: notSignedIn("social-callback > no issuer", "acme", "issuer_missing", { theirs: said("/welcome") }),
  },
  {
    id: "closed-to-providers",
    difference: "`SIGN_UP_ENABLED=false` also closes sign-up by providers: `signup_disabled`",
    reason: "the setting holds for every way in; Better Auth closes only sign-up by password, and each provider with an option",
    shows: [
      ...notSignedIn("social-settings > closed: a new user", "google", "signup_disabled"),
      ...notSignedIn("social-settings > closed: a new user, sign-up requested", "google", "signup_disabled"),
      ...notSignedIn("social-settings > closed: a new user of a generic provider", "acme", "signup_disabled"),
      ...notPresented("social-settings > closed: a new user by an ID token", 401, "OAUTH_LINK_ERROR", "signup disabled"),
    ],
  },
  {
    id: "verified-by-providers",
    difference:
      "with `REQUIRE_EMAIL_VERIFICATION`, an email that the provider has not verified is `email_not_verified`, and no account is created",
    reason: "the setting holds for every way in; Better Auth signs the user in",
    shows: [
      ...notSignedIn("social-settings > verified: a new user whose email is not verified", "google", "email_not_verified"),
      // The session of a later sign-in.
      {
        scenario: "social-settings > verified: a new user whose email is not verified", at: "GET /get-session", field: "body.session.id",
        theirs: said("<session 2>"), ours: said("<session 1>"),
      },
      ...notSignedIn(
        "social-settings > verified: a new user of a generic provider whose email is not verified", "acme", "email_not_verified",
      ),
      ...notPresented(
        "social-settings > verified: a new user whose email is not verified, by an ID token", 403, "EMAIL_NOT_VERIFIED", "Email not verified",
      ),
    ],
  },
  {
    id: "tokens-at-rest",
    difference: "access, refresh and ID tokens of providers are encrypted in the database",
    reason: "a copy of the database gives no access to accounts at providers; Better Auth does it with `encryptOAuthTokens`",
    // Not in responses.
    shows: [],
  },
  {
    id: "last-way-in",
    difference: "`unlink-account` does not count accounts at providers that are not configured any more",
    reason: "nobody can sign in with them, so the user would be locked out",
    shows: [
      { field: "status", theirs: "200", ours: "400" },
      { field: "body.status", theirs: "true", ours: null },
      { field: "body.code", theirs: null, ours: said("FAILED_TO_UNLINK_LAST_ACCOUNT") },
      { field: "body.message", theirs: null, ours: said("You can't unlink your last account") },
    ].map((show) => ({ scenario: "linked-accounts > unlink where the other provider is gone", at: "POST /unlink-account", ...show })),
  },
  {
    id: "parameters-by-name",
    difference: "`additionalParams` and `authorizationUrlParams` are sorted by name in the authorization URL",
    reason: "the order of parameters does not matter; Better Auth keeps the one it receives",
    shows: [
      ...[
        ["more parameters", "display, ui_locales, a&b", "a&b, display, ui_locales"],
        [
          "parameters that the service sets otherwise",
          "prompt, login_hint, response_mode, access_type, include_granted_scopes",
          "access_type, include_granted_scopes, login_hint, prompt, response_mode",
        ],
      ].map(([name, theirs, ours]) => ordered(`social > ${name}`, new RegExp(`, ${theirs}"$`), new RegExp(`, ${ours}"$`))),
      ...[
        "the request to every provider",
        "parameters that the options set",
        "no implicit sign-up, by a generic provider",
        "no implicit sign-up, requested of a generic provider",
      ].map((name) => ordered(`social-settings > options: ${name}`, /, ui_locales, audience\b/, /, audience, ui_locales\b/)),
    ],
  },
  {
    id: "password-listed-first",
    difference: "`list-accounts` lists a password before linked accounts, even if it was set later",
    reason: "accounts are sorted by age, and a password has no creation time: the user's is shown",
    shows: [
      { scenario: SET_BY_MAIL, at: "GET /list-accounts", field: /^body\.0\./, ours: /^("<user 1>"|"credential"|\[\])$/ },
      { scenario: SET_BY_MAIL, at: "GET /list-accounts", field: /^body\.0\.scopes\.\d$/, ours: null },
      { scenario: SET_BY_MAIL, at: "GET /list-accounts", field: /^body\.1\./, theirs: /^("<(account of credential|user) 1>"|"credential"|\[\])$/ },
      { scenario: SET_BY_MAIL, at: "GET /list-accounts", field: /^body\.1\.scopes\.\d$/, theirs: null },
    ],
  },
  {
    id: "link-cookies",
    difference: "if `link-social` extends the session, it sets the state cookie before the session cookie",
    reason: "the order of cookies does not matter",
    shows: [
      {
        scenario: "linked-accounts > link: a session that is not fresh", at: "POST /link-social", field: "cookie.(order)",
        theirs: said("better-auth.session_token, better-auth.state"), ours: said("better-auth.state, better-auth.session_token"),
      },
    ],
  },
  {
    id: "unauthorized-body",
    difference: "a 401 response of `account-info`, `get-access-token` and `refresh-token` has a body, as every other 401 response",
    reason: "clients find the `code` where they expect it; Better Auth sends no body",
    shows: [
      { at: OF_TOKENS, field: "body", theirs: said("(empty)"), ours: null },
      { at: OF_TOKENS, field: "body.message", theirs: null, ours: said("Unauthorized") },
      { at: OF_TOKENS, field: "body.code", theirs: null, ours: said("UNAUTHORIZED") },
      ...["accountInfo", "getAccessToken", "refreshToken"].flatMap((method) => [
        { at: `client.${method}`, field: "error.message", theirs: null, ours: said("Unauthorized") },
        { at: `client.${method}`, field: "error.code", theirs: null, ours: said("UNAUTHORIZED") },
      ]),
    ],
  },
  {
    id: "tokens-of-a-password",
    difference: "`account-info`, `get-access-token` and `refresh-token` answer `ACCOUNT_NOT_FOUND` for a password",
    reason: "no provider issued tokens for it; Better Auth answers `PROVIDER_NOT_CONFIGURED` or `PROVIDER_NOT_SUPPORTED`",
    shows: [
      ["info", "PROVIDER_NOT_CONFIGURED", "Account is not associated with a configured social provider."],
      ["access", "PROVIDER_NOT_SUPPORTED", "Provider credential is not supported."],
      ["refresh", "PROVIDER_NOT_SUPPORTED", "Provider credential is not supported."],
    ].flatMap(([name, code, message]) => {
      const asked = { scenario: `provider-tokens > ${name}: a password`, at: OF_TOKENS };
      return [
        { ...asked, field: "body.code", theirs: said(code), ours: said("ACCOUNT_NOT_FOUND") },
        { ...asked, field: "body.message", theirs: said(message), ours: said("Account not found") },
      ];
    }),
  },
  {
    id: "messages-about-accounts",
    difference:
      "`account-info`, `get-access-token` and `refresh-token` word the `message` for an invalid body or an unknown key differently",
    reason: "the `code` is the same",
    shows: [
      ...["no body", "bodies of another type"].map((name) => ({
        scenario: `provider-tokens > ${name}`, at: OF_TOKENS, field: "body.message",
        theirs: said("[body] Invalid input"), ours: /^"\[body\] Invalid input: expected object, received (undefined|null|array|string)"$/,
      })),
      ...["info", "access", "refresh"].map((name) => ({
        scenario: `provider-tokens > ${name}: an unknown field`, at: OF_TOKENS, field: "body.message",
        theirs: /^"\[(body|query)\] Unrecognized key: /, ours: /^"\[(body|query)\] Invalid input"$/,
      })),
    ],
  },
  {
    id: "pending-sign-ups-and-providers",
    difference:
      "with `REQUIRE_EMAIL_VERIFICATION`, a pending sign-up does not prevent the owner of its email from signing in by a provider",
    reason: "a sign-up is not an account until its email is verified; Better Auth answers `account_not_linked`",
    shows: [
      {
        scenario: PENDING, at: "GET /callback/google", field: "header.location",
        theirs: said("/sign-in?from=there&error=account_not_linked"), ours: said("/there"),
      },
      {
        scenario: PENDING, at: "GET /callback/google", field: "cookie.(order)",
        theirs: said("better-auth.state"), ours: said("better-auth.state, better-auth.session_token"),
      },
      {
        scenario: PENDING, at: "GET /callback/google", field: /^(header\.set-auth-token|cookie\.better-auth\.session_token\.\w+)$/,
        theirs: null,
      },
      { scenario: PENDING, at: "GET /get-session", field: "body", theirs: "null", ours: null },
      { scenario: PENDING, at: "GET /get-session", field: /^(body|header\.set-auth-jwt)\./, theirs: null },
    ],
  },
  ...PROVIDER_DIFFERENCES,
];
