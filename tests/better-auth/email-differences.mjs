// Sign-in by links and codes in mail: the entries of differences.mjs that `scenarios/magic-link.mjs` and
// `scenarios/email-otp.mjs` show.

import { PAGE_HEADERS } from "./page-headers.mjs";

const said = (text) => JSON.stringify(text);
const UNCONFIRMED = "Confirm this on the page that the link opens in a browser, or send the account's password";
const VERIFY = "GET /magic-link/verify";
/** Better Auth accepts the request; we require a proof first. */
const unconfirmed = (where, theirs) => [
  { ...where, field: "status", theirs, ours: "403" },
  { ...where, field: "body.code", theirs: null, ours: said("CONFIRMATION_REQUIRED") },
  { ...where, field: "body.message", theirs: null, ours: said(UNCONFIRMED) },
];
const elsewhere = { scenario: "magic-link > another browser", at: VERIFY };
const program = { scenario: "magic-link > a program", at: VERIFY };
/** What Better Auth's session has and ours has not. */
const SESSION = /^(body(\.|$)|header\.(location|set-auth-token)$|cookie\.)/;

export const EMAIL_DIFFERENCES = [
  {
    id: "magic-link-browser",
    difference:
      "`GET magic-link/verify` signs in only the browser that requested the link, which has a cookie `<prefix>.magic_link`. Any other browser gets a page with a button; API clients get 403 `CONFIRMATION_REQUIRED`",
    reason: "mail scanners open links",
    shows: [
      { at: "POST /sign-in/magic-link", field: "cookie.better-auth.magic_link.value", theirs: null, ours: /^"magic-link~.+\.<good signature>"$/ },
      {
        at: "POST /sign-in/magic-link", field: "cookie.better-auth.magic_link.attributes", theirs: null,
        ours: said("Max-Age=300; Path=/; HttpOnly; SameSite=Lax"),
      },
      { at: "POST /sign-in/magic-link", field: "cookie.(order)", theirs: null, ours: said("better-auth.magic_link") },
      { at: VERIFY, field: "cookie.better-auth.magic_link.value", theirs: null, ours: said("") },
      {
        at: VERIFY, field: "cookie.better-auth.magic_link.attributes", theirs: null,
        ours: said("Max-Age=0; Path=/; HttpOnly; SameSite=Lax"),
      },
      {
        at: VERIFY, field: "cookie.(order)", theirs: said("better-auth.session_token"),
        ours: said("better-auth.magic_link, better-auth.session_token"),
      },
      ...unconfirmed(program, "302"),
      { ...program, field: SESSION, ours: null },
      { ...elsewhere, field: "status", theirs: "302", ours: "200" },
      { ...elsewhere, field: "header.content-type", ours: said("text/html; charset=utf-8") },
      { ...elsewhere, field: "body.page.form", theirs: null, ours: said('method="post" action="verify"') },
      { ...elsewhere, field: "body.page.asks", theirs: null, ours: said("token, callbackURL") },
      { ...elsewhere, field: SESSION, ours: null },
      ...PAGE_HEADERS("'self'").map((header) => ({ ...elsewhere, ...header })),
    ],
  },
  {
    id: "magic-link-post",
    difference: "`POST magic-link/verify` signs in by the `token` of a link, for that page and for apps",
    reason: "Better Auth has only the GET",
    shows: [{ at: "POST /magic-link/verify" }],
  },
  {
    id: "magic-link-closed",
    difference: "if `SIGN_UP_ENABLED` is off, an email without an account gets no link that signs in",
    reason: "nobody could sign in with it",
    shows: [
      { profile: "magic-link-closed", at: "mail", field: /^links to nobody\./, theirs: "1", ours: null },
      { profile: "magic-link-closed", at: "mail", field: "", theirs: null, ours: "{}" },
    ],
  },
  {
    id: "otp-verification-proof",
    difference:
      "`email-otp/verify-email` also requires a session of the account, the browser that signed up or the `password`; otherwise 403 `CONFIRMATION_REQUIRED`, and the code stays valid",
    reason: "as for links: the code proves only the mailbox, and somebody else may have signed up with its email",
    shows: [
      ...unconfirmed(
        { scenario: "email-otp > verifying an email, by a program that has the code alone", at: "POST /email-otp/verify-email" }, "200",
      ),
      {
        scenario: "email-otp > verifying an email, by a program that has the code alone", at: "POST /email-otp/verify-email",
        field: /^body\./, ours: null,
      },
      {
        scenario: "email-otp > verifying an email, by a program that has the code alone", at: "GET /get-session",
        field: "body.user.emailVerified", theirs: "true", ours: "false",
      },
    ],
  },
  {
    id: "otp-decoys",
    difference: "a code that nobody gets, because the email has no account, also allows three guesses before `TOO_MANY_ATTEMPTS`",
    reason: "the response must not reveal whether the account exists",
    shows: [
      {
        scenario: "email-otp > guesses at a code that nobody gets", at: "POST /email-otp/check-verification-otp",
        field: /^(status|body\.(code|message))$/, theirs: /^(400|"INVALID_OTP"|"Invalid OTP")$/,
        ours: /^(403|"TOO_MANY_ATTEMPTS"|"Too many attempts")$/,
      },
    ],
  },
];
