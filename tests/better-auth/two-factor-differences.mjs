// Second factors: the entries of differences.mjs that the scenarios `two-factor-*` show.

import { said } from "./social-shows.mjs";

const VERIFY = /^POST \/two-factor\/verify-(totp|otp|backup-code)$/;
const SIGN_IN = "POST /sign-in/email";
/** The same as one of those requests, by the official client. */
const VERIFIED = /^(POST \/two-factor\/verify-|client\.twoFactor\.verify)/;
const TOKEN = /^"<token \d+>"$/;
/** The fields of a response that reveal that the request succeeded, besides the status. */
const RESULT = /^(body(\.|$)|header\.(location|set-auth-(token|jwt))|cookie\.)/;

const enrolment = (name) => `two-factor-enrolment > ${name}`;
const signIn = (name) => `two-factor-sign-in > ${name}`;
const code = (name) => `two-factor-codes > ${name}`;
const device = (name) => `two-factor-devices > ${name}`;
const setting = (name) => `two-factor-settings > ${name}`;

/** Better Auth answers in another way; we refuse the request, with only the reason in the response. */
const refused = (scenario, at, status, code, message, theirs = "200") => [
  { scenario, at, field: "status", theirs, ours: `${status}` },
  { scenario, at, field: "body.code", ours: said(code) },
  { scenario, at, field: "body.message", ours: said(message) },
  ...(theirs === "200" ? [{ scenario, at, field: RESULT, ours: null }] : []),
];
const usedCode = (scenario) => refused(scenario, "POST /two-factor/verify-totp", 401, "INVALID_CODE", "Invalid code");
const notFresh = (name) =>
  refused(
    enrolment(`${name}: a session that is a day old`), `POST /two-factor/${name}`,
    403, "SESSION_NOT_FRESH", "Session is not fresh",
  );
const voidChallenge = (scenario, at = "POST /two-factor/verify-backup-code", theirs = "200") =>
  refused(scenario, at, 401, "INVALID_TWO_FACTOR_COOKIE", "Invalid two factor cookie", theirs);
const TOO_MANY = ["TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE", "Too many attempts. Please request a new code."];
const tooMany = (scenario, theirs) => refused(scenario, "POST /two-factor/verify-otp", 400, ...TOO_MANY, theirs);
const noMailedCode = (scenario, at, message) => refused(scenario, at, 400, "OTP_NOT_CONFIGURED", message);

/** Better Auth compares the code; the account is locked with us. */
const locked = (scenario) => [
  { scenario, at: VERIFY, field: "status", theirs: /^(200|400|401)$/, ours: "429" },
  { scenario, at: VERIFY, field: "body.code", ours: said("ACCOUNT_TEMPORARILY_LOCKED") },
  { scenario, at: VERIFY, field: "body.message", ours: /temporarily locked/ },
];
/** The same, and some of the codes are right. */
const lockedOut = (scenario) => [...locked(scenario), { scenario, at: VERIFY, field: RESULT, ours: null }];

/** Better Auth starts a session; we ask for the second factor. */
const challenged = (scenario, at) => [
  { scenario, at, field: "body.twoFactorRedirect", theirs: null, ours: "true" },
  { scenario, at, field: /^body\.twoFactorMethods\.\d$/, theirs: null },
  { scenario, at, field: /^(body\.(token|redirect|user)|header\.set-auth-)/, ours: null },
  { scenario, at, field: /^cookie\./ },
];
/** Better Auth asks for the second factor; we start a session. */
const trusted = (scenario) => [
  { scenario, at: SIGN_IN, field: /^body\.twoFactor(Redirect|Methods\.\d)$/, ours: null },
  { scenario, at: SIGN_IN, field: /^(body\.(token|redirect|user)|header\.set-auth-)/, theirs: null },
  { scenario, at: SIGN_IN, field: /^cookie\./ },
];
/** As a consequence, only Better Auth has a session. */
const noSession = (scenario) => [
  { scenario, at: "GET /get-session", field: "body", theirs: null, ours: "null" },
  { scenario, at: "GET /get-session", field: /^(body|header\.set-auth-jwt)\./, ours: null },
];
/** A provider or a mail led a browser here. We lead it to the page that asks for the code. */
const ledToPage = (scenario, at) => [
  { scenario, at, field: "header.location", ours: /\/two-factor\?methods=totp&callbackURL=/ },
  { scenario, at, field: /^(header\.set-auth-|cookie\.)/ },
];
/** Better Auth offers a code by mail; we do not, and send none. */
const notOffered = (scenario, field) => [
  { scenario, at: SIGN_IN, field, theirs: said("otp"), ours: null },
  ...noMailedCode(scenario, "POST /two-factor/send-otp", "otp isn't configured"),
];
const GENERATED = {
  scenario: enrolment("generate-backup-codes: for codes by mail"), at: "POST /two-factor/generate-backup-codes",
};
const LONG_ISSUER = { scenario: enrolment("enable: a long issuer"), at: "POST /two-factor/enable" };
/** The value of a cookie that looks like Better Auth's, and like ours. */
const formats = (kind) => ({ theirs: new RegExp(`^"<${kind} \\d+>\\.`), ours: new RegExp(`^"<${kind} \\d+ of another shape`) });

export const TWO_FACTOR_DIFFERENCES = [
  {
    id: "totp-once",
    difference: "a TOTP code can be used once",
    reason: "RFC 6238 requires it: nobody who sees a code can use it again while it is valid",
    shows: ["the code that enabled it", "a code twice, in two challenges", "a code twice, in a session"].flatMap((name) =>
      usedCode(code(`verify-totp: ${name}`)),
    ),
  },
  {
    id: "factor-fresh",
    difference: "setting up, removing or copying a second factor requires a fresh session",
    reason: "somebody at an unattended device must not add, remove or copy a factor",
    shows: [
      ...["enable", "disable", "get-totp-uri", "generate-backup-codes", "send-otp", "verify-otp", "verify-totp"].flatMap(notFresh),
      ...["verify-otp", "verify-totp"].map((name) => (
        { scenario: enrolment(`${name}: a session that is a day old`), at: `POST /two-factor/${name}`, field: "cookie.(order)" }
      )),
      {
        scenario: enrolment("disable: a session that is a day old"), at: "GET /get-session",
        field: "body.user.twoFactorEnabled", theirs: "false", ours: "true",
      },
      { scenario: enrolment("disable: a session that is a day old"), at: "GET /get-session", field: "body.session.createdAt" },
    ],
  },
  {
    id: "factor-every-way",
    difference: "every way to sign in asks for the second factor, unless `TWO_FACTOR_EXEMPT_WAYS` names it",
    reason: "Better Auth asks after a password only: a provider or a link in mail alone would be enough to sign in",
    shows: [
      ...ledToPage(setting("every way: a provider"), "GET /callback/google"),
      ...ledToPage(setting("every way: a provider, with a page for errors and for new users"), "GET /callback/google"),
      ...noSession(setting("every way: a provider")),
      ...challenged(setting("every way: an ID token"), "POST /sign-in/social"),
      ...noSession(setting("every way: an ID token")),
      ...ledToPage(setting("every way: a verified email"), "GET /verify-email"),
      ...noSession(setting("every way: a verified email")),
    ],
  },
  {
    id: "factor-by-mail",
    difference: "a code by mail does not count as a second factor after a sign-in by a provider, a link in mail or a password that a mail has set",
    reason: "both would prove access to the same mailbox",
    shows: [
      ...notOffered(signIn("changes: a sign-in after a reset"), "body.twoFactorMethods.1"),
      ...notOffered(signIn("changes: a sign-in by mail alone after a reset"), "body.twoFactorMethods.0"),
      {
        scenario: signIn("changes: a sign-in by mail alone after a reset"), at: SIGN_IN,
        field: "body.twoFactorMethods", theirs: null, ours: "[]",
      },
      { profile: "two-factor", at: "mail", field: /^codes to /, theirs: "1", ours: null },
      ...noMailedCode(setting("social: codes by mail, without a password"), "POST /two-factor/enable", "OTP is not available"),
      {
        scenario: setting("social: codes by mail, without a password"), at: "GET /get-session",
        field: "body.user.twoFactorEnabled", theirs: "true", ours: "false",
      },
    ],
  },
  {
    id: "factor-guesses",
    difference:
      "a challenge ends after five codes of any kind; with rate limits, ten wrong codes lock the account, in a session and without an app too, and a right code on a new device does not reset their count",
    reason: "Better Auth counts guesses at a mailed code separately, and none in a session or without an app",
    shows: [
      { scenario: /^two-factor-locks > /, at: VERIFY, field: "header.x-retry-after", theirs: null },
      ...tooMany("two-factor-guesses > of every kind in one challenge", "401"),
      ...voidChallenge("two-factor-guesses > of every kind in one challenge", "POST /two-factor/verify-otp"),
      ...tooMany(code("send-otp: after a wrong code"), "200"),
      ...voidChallenge(code("verify-otp: the sixth comparison"), "POST /two-factor/verify-otp", "400"),
      ...locked("two-factor-locks > after ten wrong codes of mail, without an app"),
      ...["in a session", "a right code begins the count again"].flatMap((name) => lockedOut(`two-factor-locks > ${name}`)),
    ],
  },
  {
    id: "challenge-spent",
    difference: "a challenge that has ended after five codes clears the cookie `two_factor`",
    reason: "the browser has to sign in again anyway",
    shows: [
      { at: VERIFY, field: /^cookie\.[\w-]+\.two_factor\.value$/, theirs: null, ours: '""' },
      { at: VERIFY, field: /^cookie\.[\w-]+\.two_factor\.attributes$/, theirs: null, ours: /^"Max-Age=0;/ },
      { at: VERIFY, field: "cookie.(order)", theirs: null, ours: '"better-auth.two_factor"' },
      {
        scenario: code("send-otp: after a wrong code"), at: VERIFY,
        field: "cookie.(order)", theirs: /session_token/, ours: '"better-auth.two_factor"',
      },
    ],
  },
  {
    id: "challenge-ends",
    difference: "a changed or reset password, and disabling the second factor, end the sign-ins that wait for one",
    reason: "what they began with is not valid any more",
    shows: [
      "a password changed with a pending challenge",
      "a password changed, and the other sessions ended, with a pending challenge",
      "a reset with a pending challenge",
    ].flatMap((name) => voidChallenge(signIn(`changes: ${name}`))).concat(
      ["verify-totp", "verify-backup-code"].flatMap((name) =>
        voidChallenge(enrolment("disable: a pending challenge"), `POST /two-factor/${name}`, "400"),
      ),
    ),
  },
  {
    id: "challenge-response",
    difference: "a response that asks for the second factor has no `Location`, and clears `dont_remember`",
    reason: "the user is not signed in yet; the challenge itself remembers whether the session will outlive the browser",
    shows: [
      { scenario: signIn("a callback"), at: SIGN_IN, field: "header.location", theirs: said("/there"), ours: null },
      { at: SIGN_IN, field: /^cookie\.[\w-]+\.dont_remember\.value$/, ours: '""' },
      { at: SIGN_IN, field: /^cookie\.[\w-]+\.dont_remember\.attributes$/, ours: /^"Max-Age=0;/ },
      { at: SIGN_IN, field: "cookie.(order)", ours: /session_token, [\w.-]+session_data, [\w.-]+dont_remember, [\w.-]+two_factor"$/ },
    ],
  },
  {
    id: "trust-ends",
    difference: "a changed or reset password ends the trust in every device, and so does disabling the second factor",
    reason: "a user may do it because somebody else has used the device",
    shows: [
      "after a changed password", "after a changed password, of its own", "after a reset",
      "after it was disabled and enabled again",
    ].flatMap((name) => challenged(device(name), SIGN_IN)),
  },
  {
    id: "trust-stays",
    difference: "a trusted device keeps its token, and a `trust_device` cookie that does not help is not cleared",
    reason: "two sign-ins at once do not lose the trust, and users who share a browser do not end each other's",
    shows: [
      ...["every sign-in extends the trust", "another user's"].flatMap((name) => trusted(device(name))),
      { at: SIGN_IN, field: /^cookie\.[\w-]+\.trust_device\.value$/, theirs: '""', ours: null },
      { at: SIGN_IN, field: /^cookie\.[\w-]+\.trust_device\.attributes$/, theirs: /^"Max-Age=0;/, ours: null },
    ],
  },
  {
    id: "trust-remembers",
    difference: "trusting a device does not clear `dont_remember`",
    reason: "Better Auth then extends a session that should not outlive the browser",
    shows: [
      { at: VERIFY, field: /^cookie\.[\w-]+\.dont_remember\.value$/, theirs: '""' },
      { at: VERIFY, field: /^cookie\.[\w-]+\.dont_remember\.attributes$/, theirs: /^"Max-Age=0;/ },
      { at: VERIFY, field: "cookie.(order)", theirs: /trust_device, [\w.-]+dont_remember"$/, ours: /trust_device"$/ },
      { scenario: device("not remembered"), at: "GET /get-session" },
    ],
  },
  {
    id: "factor-session",
    difference: "a code that is verified in a session continues it with another token, which the response has; the device can be trusted",
    reason:
      "the session has proven more than before; Better Auth returns the token that it has just ended, and the user from before",
    shows: [
      { at: VERIFIED, field: /^(body|data)\.token$/, theirs: TOKEN, ours: TOKEN },
      { at: VERIFIED, field: /^(body|data)\.user\.twoFactorEnabled$/, theirs: "false", ours: "true" },
      { at: VERIFY, field: "header.set-auth-token", theirs: null },
      { at: VERIFY, field: /^cookie\.[\w-]+\.(session_token|trust_device)\.(value|attributes)$/, theirs: null },
      { at: VERIFY, field: "cookie.(order)", theirs: null, ours: /^"better-auth\.session_token/ },
      { at: VERIFY, field: "cookie.(order)", theirs: /session_token"$/, ours: /session_token, better-auth\.trust_device"$/ },
      { scenario: signIn("session: the same user's, beside the challenge"), at: "GET /get-session" },
    ],
  },
  {
    id: "disable-session",
    difference: "with `disableSession`, `verify-backup-code` returns no token, and the challenge can still be answered",
    reason: "tokens are returned once; Better Auth loses the count of guesses, so that it accepts no later code",
    shows: [
      {
        scenario: code("verify-backup-code: disableSession, in a session"), at: VERIFY,
        field: "body.token", theirs: TOKEN, ours: null,
      },
      { scenario: code("verify-backup-code: disableSession"), at: VERIFY, field: "status", theirs: "401", ours: "200" },
      { scenario: code("verify-backup-code: disableSession"), at: VERIFY, field: /^(body\.|header\.set-auth-|cookie\.)/ },
      { scenario: code("verify-backup-code: disableSession"), at: "GET /get-session" },
    ],
  },
  {
    id: "backup-codes-by-mail",
    difference: "users whose second factor is a code by mail can have backup codes",
    reason: "without them, the mailbox is the only way in",
    shows: [
      { ...GENERATED, field: "status", theirs: "400", ours: "200" },
      { ...GENERATED, field: /^body\./ },
    ],
  },
  {
    id: "backup-codes-early",
    difference: "a backup code does not work before the authenticator app has proved its first code",
    reason: "until then no sign-in asks for a second factor",
    shows: refused(
      enrolment("enable: the first code is a backup code"), "POST /two-factor/verify-backup-code",
      400, "BACKUP_CODES_NOT_ENABLED", "Backup codes aren't enabled",
    ),
  },
  {
    id: "issuer-length",
    difference: "the issuer of an authenticator app has up to 100 characters",
    reason: "an app shows no more",
    shows: [
      { ...LONG_ISSUER, field: "status", theirs: "200", ours: "400" },
      { ...LONG_ISSUER, field: /^body\./ },
    ],
  },
  {
    id: "factor-cookies",
    difference: "the values of the cookies `two_factor` and `trust_device` have another format",
    reason: "each contains one random token, of which only the hash is stored",
    shows: [
      { field: /^cookie\.[\w-]+\.two_factor\.value$/, ...formats("two-factor challenge") },
      { field: /^cookie\.[\w-]+\.trust_device\.value$/, ...formats("trusted device") },
    ],
  },
];
