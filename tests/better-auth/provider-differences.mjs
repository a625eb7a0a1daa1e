// Sign-in by providers: the entries of social-differences.mjs about what providers send, in redirects, ID tokens and responses.

import { ERROR_PAGE, SIGN_IN, UNVERIFIED, notArrived, notFailed, notPresentedAtAll, notSignedIn, said } from "./social-shows.mjs";

const PROVIDERS = ["google", "github", "apple", "microsoft", "acme", "plain"];
/** Microsoft's email is verified in Better Auth alone. */
const unverified = (scenario, ...requests) =>
  requests.map((at) => ({ scenario, at, field: "body.user.emailVerified", theirs: "true", ours: "false" }));
/** An account at Microsoft that is linked in Better Auth alone. */
const notLinked = (scenario, page, accounts) => [
  { scenario, at: "GET /callback/microsoft", field: "header.location", theirs: said("/settings"), ours: said(`${page}error=unable_to_link_account`) },
  { scenario, at: "GET /list-accounts", ...accounts },
];
const NAME = /^(body\.user|header\.set-auth-jwt\.jwt\.claims)\.name$/;
const POSTED = { scenario: "social-faults > a form: with the browser's cookies", at: "POST /callback/apple" };
const POSTED_TARGET = { scenario: "social-faults > a form: a stranger's callback", at: "POST /callback/apple" };
const TWICE = { scenario: "social-callback > a state twice", at: "GET /callback/google" };
const NO_DISCOVERY = { scenario: "social-settings > options: a discovery document that is down", at: "POST /sign-in/social" };

export const PROVIDER_DIFFERENCES = [
  {
    id: "microsoft-emails",
    difference: "Microsoft's `email_verified` is trusted only for personal accounts, and if `tenantId` is the id of one tenant",
    reason: "the administrator of any tenant can set it for any email; Better Auth trusts every tenant",
    shows: [
      ...unverified("social-callback > a new user by microsoft", "GET /get-session"),
      ...unverified("social-callback > a known user by microsoft", "GET /get-session"),
      ...unverified("social-settings > options: no implicit sign-up, requested", "GET /get-session"),
      ...unverified("social-settings > options: no implicit sign-up, requested by an ID token", "POST /sign-in/social"),
      ...["a new user", "a nonce", "a nonce that is not presented"].flatMap((name) =>
        unverified(`id-tokens > microsoft: ${name}`, "POST /sign-in/social", "GET /get-session"),
      ),
      ...unverified("provider-tokens > info: microsoft", "GET /account-info"),
      ...notSignedIn("social-callback > the email of an account, by microsoft", "microsoft", "account_not_linked", { page: ERROR_PAGE }),
      { scenario: "social-callback > the email of an account, by microsoft", at: "GET /list-accounts", field: /^body\.1\./, ours: null },
      ...notLinked("linked-accounts > link by microsoft", "/settings?failed=link&", { field: /^body\.1\./, ours: null }),
      // Accounts of later providers move up.
      ...notLinked("linked-accounts > list: scopes of every provider", ERROR_PAGE, { field: /^body\.[456]\./ }),
    ],
  },
  {
    id: "openid-providers",
    difference:
      "the sign-in is refused if an OpenID Provider sends no ID token, or one with an `iat` in the future or with several audiences and no matching `azp`",
    reason: "OpenID Connect Core 3.1.3.3 and 3.1.3.7; Better Auth accepts all three",
    shows: [
      ...notSignedIn("social-faults > acme: no-id-token", "acme", UNVERIFIED),
      ...notArrived("social-faults > an ID token of the future", "acme", UNVERIFIED),
      ...notArrived("social-faults > an ID token for two clients", "acme", UNVERIFIED),
      ...notArrived("social-faults > an ID token for two clients, of which one presents it", "acme", UNVERIFIED),
      ...["google", "acme"].flatMap((provider) =>
        notPresentedAtAll(`id-tokens > ${provider}: for two clients`, 401, "INVALID_TOKEN", "Invalid token"),
      ),
    ],
  },
  {
    id: "id-tokens-without-email",
    difference: "`sign-in/social` answers `USER_EMAIL_NOT_FOUND` to an ID token without an email, whatever the provider",
    reason: "the error is the same; Better Auth answers `FAILED_TO_GET_USER_INFO` for generic providers",
    shows: [
      ["code", "FAILED_TO_GET_USER_INFO", "USER_EMAIL_NOT_FOUND"],
      ["message", "Failed to get user info", "User email not found"],
    ].map(([name, theirs, ours]) => ({
      scenario: "id-tokens > acme: no email", at: "POST /sign-in/social", field: `body.${name}`, theirs: said(theirs), ours: said(ours),
    })),
  },
  {
    id: "size-of-responses",
    difference: "a provider's response over 512 KiB is refused",
    reason: "it could exhaust the memory; Better Auth has no limit",
    shows: [
      ...PROVIDERS.flatMap((provider) => notSignedIn(`social-faults > ${provider}: huge`, provider, "invalid_code")),
      ...["acme", "plain"].flatMap((provider) => notSignedIn(`social-faults > ${provider}: userinfo-huge`, provider, UNVERIFIED)),
    ],
  },
  {
    id: "responses-without-tokens",
    difference: "a response of the token endpoint that is not JSON, or that has an `error`, redirects with `invalid_code`",
    reason: "the code was not exchanged; Better Auth continues without tokens and redirects with `unable_to_get_user_info`",
    shows: [
      ...["google", "apple", "microsoft", "acme", "plain"].map((provider) => [provider, "not-json"]),
      ["plain", "github-error"],
    ].map(([provider, fault]) => ({
      scenario: `social-faults > ${provider}: ${fault}`, at: `GET /callback/${provider}`, field: "header.location",
      theirs: said(`${SIGN_IN}error=${UNVERIFIED}`), ours: said(`${SIGN_IN}error=invalid_code`),
    })),
  },
  {
    id: "providers-that-fail",
    difference: "if a provider's userinfo or emails cannot be fetched, the callback redirects with `unable_to_get_user_info`",
    reason: "the browser returns to the page; Better Auth answers 500",
    shows: [
      ...["userinfo-not-json", "userinfo-redirect", "userinfo-huge"].flatMap((fault) =>
        notFailed(`social-faults > github: ${fault}`, "github", UNVERIFIED, SIGN_IN),
      ),
      ...notFailed("social-settings > options: a userinfo endpoint that is down", "no-profile", UNVERIFIED, SIGN_IN),
      ...notFailed("provider-tokens > info: a provider that fails", "github", UNVERIFIED, ERROR_PAGE),
    ],
  },
  {
    id: "discovery-that-fails",
    difference: "if a provider's discovery document cannot be fetched, `sign-in/social` answers 503 with `Retry-After`",
    reason: "the provider is configured, and a later request can succeed; Better Auth answers 404 `PROVIDER_NOT_FOUND`",
    shows: [
      { ...NO_DISCOVERY, field: "status", theirs: "404", ours: "503" },
      { ...NO_DISCOVERY, field: "body.code", theirs: said("PROVIDER_NOT_FOUND"), ours: said("SERVICE_UNAVAILABLE") },
      {
        ...NO_DISCOVERY, field: "body.message",
        theirs: said("Provider not found"), ours: said("The provider cannot be reached. Please try again."),
      },
      { ...NO_DISCOVERY, field: "header.retry-after", theirs: null },
    ],
  },
  {
    id: "parameters-of-callbacks",
    difference: "a callback in which a parameter occurs twice redirects with `invalid_callback_request`",
    reason: "it is ambiguous (RFC 6749 3.1); Better Auth answers 400 with JSON, which the browser shows",
    shows: [
      { ...TWICE, field: "status", theirs: "400", ours: "302" },
      { ...TWICE, field: /^body\.(code|message)$/, ours: null },
      { ...TWICE, field: "body", theirs: null, ours: said("(empty)") },
      { ...TWICE, field: "header.location", theirs: null, ours: said(`${ERROR_PAGE}error=invalid_callback_request`) },
    ],
  },
  {
    id: "callbacks-of-unknown-providers",
    difference: "a callback for an unknown provider with a valid state redirects with `state_mismatch`",
    reason: "the state belongs to another provider; Better Auth answers `oauth_provider_not_found`",
    shows: [
      {
        scenario: "social-callback > a provider that is not there", at: "GET /callback/gitlab", field: "header.location",
        theirs: said(`${SIGN_IN}error=oauth_provider_not_found`), ours: said(`${SIGN_IN}error=state_mismatch`),
      },
    ],
  },
  {
    id: "errors-of-providers",
    difference: "a provider's `error` and `error_description` are cut at 500 characters",
    reason: "they become part of a URL; Better Auth has no limit",
    shows: [
      {
        scenario: "social-callback > an error that is long", at: "GET /callback/google", field: "header.location",
        theirs: /\?error=e{300}&error_description=d{3000}"$/, ours: /\?error=e{300}&error_description=d{500}"$/,
      },
    ],
  },
  {
    id: "posted-callbacks",
    difference: "a callback that is posted as a form is redirected to the same callback by GET, whatever its cookies and origin",
    reason: "the POST changes nothing, and browsers send it from the provider's site; Better Auth answers 403 to one that has cookies",
    shows: [
      { ...POSTED, field: "status", theirs: "403", ours: "302" },
      { ...POSTED, field: "body.code", theirs: said("INVALID_ORIGIN"), ours: null },
      { ...POSTED, field: "body.message", theirs: said("Invalid origin"), ours: null },
      { ...POSTED, field: "body", theirs: null, ours: said("(empty)") },
      { ...POSTED, field: "header.location.endpoint", theirs: null, ours: said("http://localhost:8081/api/auth/callback/apple") },
      { ...POSTED, field: /^header\.location\.(parameters\.(code|state)|\(order\))$/, theirs: null },
    ],
  },
  {
    id: "targets-in-posted-callbacks",
    difference: "a `callbackURL` in a form that is posted to a callback is ignored",
    reason: "the target was validated when the sign-in began; Better Auth answers 403 if it is not trusted, and otherwise ignores it",
    shows: [
      { ...POSTED_TARGET, field: "status", theirs: "403", ours: "302" },
      { ...POSTED_TARGET, field: "body.code", theirs: said("INVALID_CALLBACK_URL"), ours: null },
      { ...POSTED_TARGET, field: "body.message", theirs: said("Invalid callbackURL"), ours: null },
      { ...POSTED_TARGET, field: "body", theirs: null, ours: said("(empty)") },
      { ...POSTED_TARGET, field: "header.location.endpoint", theirs: null, ours: said("http://localhost:8081/api/auth/callback/apple") },
      { ...POSTED_TARGET, field: /^header\.location\.(parameters\.(code|state)|\(order\))$/, theirs: null },
    ],
  },
  {
    id: "profiles-of-providers",
    difference:
      "a provider's name is cut at 100 characters, a name that is not text and an unsafe picture are dropped, and an email that is invalid or over 254 characters is `email_not_found`",
    reason: "sign-up has the same limits; Better Auth stores what it receives",
    shows: [
      {
        scenario: "social-callback > a name of 101 characters", at: "GET /get-session", field: NAME,
        theirs: /^"x{101}"$/, ours: /^"x{100}"$/,
      },
      { scenario: "social-faults > a form: a name of another type", at: "GET /get-session", field: NAME, theirs: said("7 x"), ours: said("") },
      {
        scenario: "social-callback > a picture that is a script", at: "GET /get-session", field: "body.user.image",
        theirs: said("javascript:alert(1)"), ours: "null",
      },
      ...["an email that is none", "an email longer than 254 characters"].flatMap((name) =>
        notSignedIn(`social-callback > ${name}`, "google", "email_not_found", { page: ERROR_PAGE }),
      ),
    ],
  },
];
