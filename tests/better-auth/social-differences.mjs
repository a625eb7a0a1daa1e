// Sign-in by providers: the entries of differences.mjs that `scenarios/social*.mjs`, `id-tokens.mjs` and `linked-accounts.mjs`
// show.

import { ERROR_PAGE, UNVERIFIED, notArrived, notPresented, notSignedIn, said } from "./social-shows.mjs";

const PRESETS = ["google", "apple", "microsoft"];
const FAULTS = ["alg-none", "alg-hs256", "wrong-key", "unknown-kid", "wrong-nonce", "no-nonce", "wrong-audience", "wrong-issuer", "expired"];
/** Where an authorization URL is shown. */
const URL_FIELD = "(body\\.url|data\\.url|header\\.location)";

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
];
