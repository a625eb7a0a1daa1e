// Second factors: the entries of differences.mjs that the scenarios `two-factor-*` show.

import { said } from "./social-shows.mjs";

const VERIFY = /^POST \/two-factor\/verify-(totp|otp|backup-code)$/;
/** The request that enables an authenticator app, and the same of the official client. */
const ENABLES = /^(POST \/two-factor\/verify-totp|client\.twoFactor\.verifyTotp)$/;
const TOKEN = /^"<token \d+>"$/;
/** The fields of a response that reveal that the request succeeded, besides the status. */
const RESULT = /^(body(\.|$)|header\.(location|set-auth-(token|jwt))|cookie\.)/;

/** Better Auth accepts the request; we refuse it, with only the reason in the response. */
const refused = (scenario, at, status, code, message) => [
  { scenario, at, field: "status", theirs: "200", ours: `${status}` },
  { scenario, at, field: "body.code", theirs: null, ours: said(code) },
  { scenario, at, field: "body.message", theirs: null, ours: said(message) },
  { scenario, at, field: RESULT, ours: null },
];
const usedCode = (scenario) => refused(scenario, "POST /two-factor/verify-totp", 401, "INVALID_CODE", "Invalid code");
const notFresh = (name) =>
  refused(
    `two-factor-enrolment > ${name}: a session that is a day old`, `POST /two-factor/${name}`,
    403, "SESSION_NOT_FRESH", "Session is not fresh",
  );
/** Better Auth compares the code; the account is locked with us. */
const locked = (scenario) => [
  { scenario, at: VERIFY, field: "status", theirs: /^(200|401)$/, ours: "429" },
  { scenario, at: VERIFY, field: "body.code", ours: said("ACCOUNT_TEMPORARILY_LOCKED") },
  { scenario, at: VERIFY, field: "body.message", ours: /temporarily locked/ },
  { scenario, at: VERIFY, field: RESULT, ours: null },
];

/** Better Auth starts a session; we ask for the second factor. */
const challenged = (scenario, at) => [
  { scenario, at, field: "body.twoFactorRedirect", theirs: null, ours: "true" },
  { scenario, at, field: /^body\.twoFactorMethods\.\d$/, theirs: null },
  { scenario, at, field: /^body\.(token|redirect|user)/, ours: null },
  { scenario, at, field: /^header\.set-auth-/, ours: null },
  { scenario, at, field: /^cookie\./ },
];
/** As a consequence, only Better Auth has a session. */
const noSession = (scenario) => [
  { scenario, at: "GET /get-session", field: "body", theirs: null, ours: "null" },
  { scenario, at: "GET /get-session", field: /^(body|header\.set-auth-jwt)\./, ours: null },
];
/** A browser that a provider or a mail led here: we lead it on without a session. */
const ledOn = (scenario, at) => [
  { scenario, at, field: "header.location" },
  { scenario, at, field: /^(header\.set-auth-|cookie\.)/ },
];/** Better Auth offers a code by mail; we do not, and send none. */
const notOffered = (scenario) => [
  { scenario, at: "POST /sign-in/email", field: "body.twoFactorMethods.1", theirs: said("otp"), ours: null },
  { scenario, at: "POST /two-factor/send-otp", field: "status", theirs: "200" },
  { scenario, at: "POST /two-factor/send-otp", field: "body.status", theirs: "true", ours: null },
  { scenario, at: "POST /two-factor/send-otp", field: /^body\.(code|message)$/, theirs: null },
];
const everyWay = (name) => `two-factor-settings > every way: ${name}`;

export const TWO_FACTOR_DIFFERENCES = [
  {
    id: "totp-once",
    difference: "a TOTP code can be used once",
    reason: "RFC 6238 requires it; whoever sees a code cannot use it within the same minute and a half",
    shows: [
      "the code that enabled it", "a code twice, in two challenges", "a code twice, in a session",
    ].flatMap((name) => usedCode(`two-factor-codes > verify-totp: ${name}`)),
  },
  {
    id: "factor-fresh",
    difference: "`enable`, `disable`, `get-totp-uri` and `generate-backup-codes` of a second factor require a fresh session",
    reason: "a stolen session of long ago must not add, remove or copy a factor",
    shows: [
      ...["enable", "disable", "get-totp-uri", "generate-backup-codes"].flatMap(notFresh),
      {
        scenario: "two-factor-enrolment > disable: a session that is a day old", at: "GET /get-session",
        field: "body.user.twoFactorEnabled", theirs: "false", ours: "true",
      },
    ],
  },
  {
    id: "factor-every-way",
    difference: "every way to sign in asks for the second factor, unless `TWO_FACTOR_EXEMPT_WAYS` names it",
    reason: "Better Auth asks after a password only, so that a provider or a link in mail alone is enough to sign in",
    shows: [
      ...["a provider$", "a provider, with a page for errors and for new users$"].flatMap((name) =>
        ledOn(new RegExp(`^${everyWay(name)}`), "GET /callback/google"),
      ),
      ...noSession(everyWay("a provider")),
      ...challenged(everyWay("an ID token"), "POST /sign-in/social"),
      ...noSession(everyWay("an ID token")),
      ...ledOn(everyWay("a verified email"), "GET /verify-email"),
      ...noSession(everyWay("a verified email")),
    ],
  },
  {
    id: "factor-guesses",
    difference: "wrong codes count and lock the account in a session too, and if codes by mail are its only factor",
    reason: "Better Auth limits neither: a stolen session or password would suffice to guess a factor",
    shows: ["in a session", "after ten wrong codes of mail, without an app"].flatMap((name) => locked(`two-factor-locks > ${name}`)),
  },
  {
    id: "factor-after-reset",
    difference: "after a reset by mail, a code by mail is not offered as the second factor",
    reason: "both would be the same factor: access to the mailbox",
    shows: notOffered("two-factor-sign-in > changes: a sign-in after a reset"),
  },
  {
    id: "trust-ends",
    difference: "a changed or reset password ends the trust in every device",
    reason: "a user may change the password because somebody else has used the device",
    shows: ["after a changed password", "after a changed password, of its own", "after a reset"].flatMap((name) =>
      challenged(`two-factor-devices > ${name}`, "POST /sign-in/email"),
    ),
  },
  {
    id: "factor-session",
    difference: "the response to the code that enables a second factor has the token of the new session and `twoFactorEnabled: true`",
    reason: "Better Auth returns the token of the session that it has just ended, and the user from before",
    shows: [
      { at: ENABLES, field: /^(body|data)\.token$/, theirs: TOKEN, ours: TOKEN },
      { at: ENABLES, field: /^(body|data)\.user\.twoFactorEnabled$/, theirs: "false", ours: "true" },
    ],
  },
  {
    id: "factor-cookies",
    difference: "the values of the cookies `two_factor` and `trust_device` have another format",
    reason: "each contains one random token, of which only the hash is stored",
    shows: [
      { field: /^cookie\.[\w-]+\.two_factor\.value$/, theirs: /^"<two-factor challenge \d+>\./, ours: /^"<two-factor challenge \d+ of another shape/ },
      { field: /^cookie\.[\w-]+\.trust_device\.value$/, theirs: /^"<trusted device \d+>\./, ours: /^"<trusted device \d+ of another shape/ },
    ],
  },
];
