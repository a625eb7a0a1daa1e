// Where auth-service differs from Better Auth on purpose. What is not here fails the comparison, and so does an entry that no
// scenario shows any more. docs/API.md shows `difference` and `reason` as a table (render-differences.mjs).
//
// `shows` says where an entry shows: `at` is the request ("GET /token"), `field` the place in the answer, `theirs` and `ours`
// the values as the report prints them; `profile` and `scenario` narrow it down. Each is a text, an expression, or null for
// "not there"; what is left out fits everything.

import { EMAIL_DIFFERENCES } from "./email-differences.mjs";
import { LINK_DIFFERENCES } from "./link-differences.mjs";
import { PAGE_HEADERS } from "./page-headers.mjs";
import { SOCIAL_DIFFERENCES } from "./social-differences.mjs";
import { TWO_FACTOR_DIFFERENCES } from "./two-factor-differences.mjs";
import { USERNAME_DIFFERENCES } from "./username-differences.mjs";

const claim = (names) => new RegExp(`^(body\\.token|data\\.token|header\\.set-auth-jwt)\\.jwt\\.(${names})$`);
/** The names of the cookies of a sign-up, in their order: of Better Auth's, and ours. */
const withSignUpCookie = (prefix, ...names) => {
  const list = (all) => (all.length > 0 ? `"${all.map((name) => `${prefix}.${name}`).join(", ")}"` : null);
  return { theirs: list(names.filter((name) => name !== "device")), ours: list([...names, "sign_up"]) };
};
const scenarios = (...names) => new RegExp(`^(${names.join("|")})`);

export const DIFFERENCES = [
  {
    id: "session-handle",
    difference: "`session.token` in get-session and list-sessions is the session's id, not its token",
    reason: "the token is returned once; code that lists sessions must not be able to steal them. revoke-session accepts both",
    shows: [
      { at: /get-?session/i, field: /\bsession\.token$/, theirs: /^"<token/, ours: /^"<session/ },
      { at: /list-?sessions/i, field: /^(body|data)\.\d\.token$/, theirs: /^"<token/, ours: /^"<session/ },
      { at: /^client\.(useSession|magicLink\.verify)/, field: "data.session.token", theirs: /^"<token/, ours: /^"<session/ },
      { at: "GET /magic-link/verify", field: "body.session.token", theirs: /^"<token/, ours: /^"<session/ },
    ],
  },
  {
    id: "jwt-at-once",
    difference: "every response that starts a session has `set-auth-jwt`",
    reason: "a page needs no second request for its first token",
    shows: [
      {
        at: /^(POST \/(sign-(up|in)\/email|sign-in\/(social|username|email-otp)|change-password)|GET \/(verify-email|magic-link\/verify|callback\/\w+))$/,
        field: /^header\.set-auth-jwt\.jwt\./,
        theirs: null,
      },
      {
        at: /^POST \/two-factor\/(enable|disable|verify-(totp|otp|backup-code))$/,
        field: /^header\.set-auth-jwt\.jwt\./,
        theirs: null,
      },
    ],
  },
  {
    id: "jwt-claims",
    difference:
      "tokens have `typ: at+jwt` and the claims `jti`, `client_id`, `sid`, `auth_time`, `acr`, `amr`, `status`; they have `email_verified` instead of the whole user, unless `JWT_CLAIMS=better-auth`",
    reason: "RFC 9068; a token reveals only what resource servers need, and contains its index in the status list",
    shows: [
      { field: claim("header\\.typ"), theirs: null },
      { field: claim("claims\\.(jti|client_id|sid|auth_time|acr|amr|amr\\.\\d|email_verified|status\\.status_list\\.(idx|uri))"), theirs: null },
      { field: claim("claims\\.(id|emailVerified|image|createdAt|updatedAt)"), ours: null },
      { field: claim("claims\\.twoFactorEnabled"), ours: null },
    ],
  },
  {
    id: "field-claims",
    difference: "an additional field is a claim of the token only if `JWT_USER_FIELDS` names it and it has a value",
    reason: "a token reveals only what resource servers need",
    shows: [{ field: claim("claims\\.(age|department|role)"), theirs: "null", ours: null }],
  },
  {
    id: "field-values",
    difference:
      "an additional field with a value of another type is a `VALIDATION_ERROR`, and null for a required one `MISSING_FIELD`; a text has up to 255 characters, or `maxLength`",
    reason: "Better Auth hands the value to the database and fails with 500",
    shows: [{ at: "POST /update-user", scenario: /^fields > (a value of another type|a required one, to null)/ }],
  },
  {
    id: "cors",
    difference: "every response has CORS headers, and preflights are answered",
    reason: "Better Auth leaves CORS to the application that embeds it; auth-service runs on its own",
    shows: [
      { field: /^header\.access-control-(allow-(origin|credentials)|expose-headers)$/ },
      { field: "header.vary", theirs: null },
    ],
  },
  {
    id: "headers",
    difference: "every response has `x-request-id` and `x-content-type-options: nosniff`",
    reason: "the log has the same id; browsers must not guess media types",
    shows: [
      { field: "header.x-request-id", theirs: null },
      { field: "header.x-content-type-options", theirs: null, ours: '"nosniff"' },
    ],
  },
  {
    id: "protective-headers",
    difference:
      "every response has a `content-security-policy` and a `referrer-policy`, and `cache-control: no-store` unless it is public",
    reason: "a response that a browser opens as a page can do nothing, and caches store no personal data",
    shows: [
      { field: "header.content-security-policy", theirs: null, ours: "\"default-src 'none'; frame-ancestors 'none'\"" },
      { field: "header.referrer-policy", theirs: null, ours: '"no-referrer"' },
      { field: "header.cache-control", theirs: null, ours: '"no-store"' },
    ],
  },
  {
    id: "hsts",
    difference: "if `BASE_URL` is https, every response has `strict-transport-security`, unless `HSTS=off`",
    reason: "browsers then never send a cookie or a password to the host over plain HTTP",
    shows: ["https", "same-site", "social-cookies", "two-factor-cookies"].map((profile) => ({
      profile, field: "header.strict-transport-security", theirs: null, ours: '"max-age=31536000"',
    })),
  },
  {
    id: "sessions-left",
    difference: "signing in or up ends the sessions presented by the request",
    reason: "a browser that signs in again leaves no unreachable live session behind (OWASP ASVS 5.0 7.2.4)",
    shows: [
      { scenario: "sessions > signing in again" },
      { scenario: "two-factor-sign-in > session: the browser of the same user signs in again", at: "GET /get-session" },
      { scenario: "two-factor-sign-in > bearer: signed in again with a token", at: "GET /get-session" },
    ],
  },
  {
    id: "two-users",
    difference: "a request whose cookies hold live sessions of two users is treated as not signed in",
    reason: "one of the cookies was planted to make somebody act in a stranger's account",
    shows: [{ scenario: "sessions > cookies of two users" }],
  },
  {
    id: "clear-site-data",
    difference: "the sign-out response has `clear-site-data: \"cache\"`",
    reason: "responses cached by the browser are removed with the session",
    shows: [{ at: "POST /sign-out", field: "header.clear-site-data", theirs: null, ours: '"\\"cache\\""' }],
  },
  {
    id: "jwks",
    difference: "keys in the JWKS have `use: sig`; the response has an `ETag` and cache headers",
    reason: "some verifiers check `use`; caches can store the response",
    shows: [
      { at: /jwks$/, field: /^(body|data)\.keys\.0\.use$/, theirs: null },
      { at: "GET /jwks", field: "header.cache-control", theirs: null },
      { at: "GET /jwks", field: "header.etag", theirs: null },
    ],
  },
  {
    id: "next-key",
    difference: "the JWKS also contains the key that signs next",
    reason: "verifiers know it before they see a token signed by it; Better Auth creates a key when it first signs with it",
    shows: [{ at: /jwks$/, field: /^(body|data)\.keys\.1(\.|$)/, theirs: null }],
  },
  {
    id: "bodiless",
    difference: "redirects and 404 responses have no `content-type`",
    reason: "they have no body",
    shows: [
      { at: /^GET \/(verify-email|magic-link\/verify|reset-password\/:token|delete-user\/callback)$/, field: "header.content-type", ours: null },
      { at: /^(GET|POST) \/callback\/[\w-]+$/, field: "header.content-type", ours: null },
      { at: "POST /delete-user", field: "header.content-type", ours: null, theirs: '"application/json"' },
    ],
  },
  {
    id: "limits-of-fields",
    difference: "an email over 254 characters, a name over 100 or an image over 2048 is a `VALIDATION_ERROR`",
    reason: "every field has a limit; Better Auth accepts any length",
    shows: [{ scenario: scenarios("sign-up > a very long (name|email|image)", "update-user > a long") }],
  },
  {
    id: "unsafe-image",
    difference:
      "an image that is a `javascript:`, `vbscript:` or `file:` URL, or a `data:` URL of anything but an image, is a `VALIDATION_ERROR`",
    reason: "a page that links to the picture would run a stranger's script; Better Auth stores any string",
    shows: [{ scenario: scenarios("sign-up > an image that is a script", "update-user > an image that") }],
  },
  {
    id: "nul",
    difference: "a NUL in an email, a name, an image, a code or a link's token is a `VALIDATION_ERROR`",
    reason: "PostgreSQL cannot store it; Better Auth fails with 422 or 500",
    shows: [
      { scenario: scenarios("sign-up > a NUL", "update-user > a NUL", "verify-email > a NUL") },
      { scenario: /^two-factor-codes > .*: a NUL$/ },
    ],
  },
  {
    id: "body-size",
    difference: "a body over 64 KiB gets 413",
    reason: "Better Auth has no limit",
    shows: [{ scenario: "validation > a body over 64 KiB" }],
  },
  {
    id: "content-encoding",
    difference: "a body with a `Content-Encoding` other than `identity` gets 415 with `Accept-Encoding: identity`",
    reason: "a few kilobytes can expand to gigabytes; Better Auth ignores the header",
    shows: [{ scenario: "validation > a body with a Content-Encoding" }],
  },
  {
    id: "strict-json",
    difference:
      "JSON with a byte-order mark, a lone surrogate, invalid UTF-8, a number out of range, or more than 127 levels is a `BAD_REQUEST`",
    reason: "RFC 8259 and RFC 7493; JavaScript's parser repairs each of them in a different way",
    shows: [
      { scenario: "sign-up > a password of a lone surrogate, then a sign-in with it" },
      { scenario: /^validation > (a body nested deep|numbers beyond all bounds|bytes that are no UTF-8)$/ },
      { scenario: /^(validation|two-factor-protocol) > .*: a body that is no JSON$/, ours: /^(400|"BAD_REQUEST"|"Invalid JSON in request body")$/ },
      { scenario: /^validation > \/sign-out: a body that is no JSON$/, field: /^(body\.success|cookie\.|header\.set-auth)/, ours: null },
    ],
  },
  {
    id: "no-media-type",
    difference: "a body without a media type gets 415; a media type without a body is ignored",
    reason: "Better Auth discards the first unread and fails on the second",
    shows: [{ scenario: /^(validation|two-factor-protocol) > .*: (media types|no body)$/ }],
  },
  {
    id: "sign-out-body",
    difference: "sign-out accepts any JSON",
    reason: "an invalid body must not prevent a sign-out",
    shows: [{ scenario: "validation > /sign-out: a body that is no object" }],
  },
  {
    id: "two-complaints",
    difference: "an empty array as a password is reported once",
    reason: "Better Auth reports both that it is not a string and that it is too short",
    shows: [{ scenario: "validation > /sign-up/email: password of every type", field: "body.message", ours: /received array"$/ }],
  },
  {
    id: "update-user-types",
    difference: "update-user accepts only strings for `name`, and only strings and null for `image`",
    reason: "Better Auth stores a number as its digits and an object as `{}`, and fails on a null name",
    shows: [{ scenario: scenarios("update-user > values of other types", "validation > /update-user: (name|image|everything)") }],
  },
  {
    id: "account-id",
    difference: "in `list-accounts`, the `id` of a password account is the user's id",
    reason: "a user has at most one password; Better Auth stores it in a row with its own id",
    shows: [{ at: /list-?accounts/i, field: /^(body|data)\.0\.id$/, theirs: /^"<account of credential/, ours: /^"<user/ }],
  },
  {
    id: "page-as-app",
    difference: "`expo-origin` is used only if it is the scheme of an app, not a web page's origin",
    reason: "browsers send `Origin` themselves",
    shows: [{ scenario: "origins > a page that calls itself an app" }],
  },
  {
    id: "capabilities",
    difference: "`GET capabilities` lists the enabled features",
    reason: "a page can follow the settings: password lengths, sign-up, verification",
    shows: [{ scenario: "protocol > the capabilities" }],
  },
  {
    id: "security-events",
    difference: "`GET security-events` lists what happened to the account",
    reason: "users can notice sign-ins that were not theirs",
    shows: [{ scenario: "protocol > the security events of nobody" }],
  },
  {
    id: "error-description",
    difference: "the page of `error` does not show an `error_description`",
    reason: "a link could make the page say anything",
    shows: [{ scenario: /^protocol > the error page/, field: "body.page.description", ours: null }],
  },
  {
    id: "mail-later",
    difference: "`send-verification-email` answers 200 even if the mail server is unavailable",
    reason: "mail waits in the outbox and is retried; Better Auth sends it during the request and answers 500",
    shows: [{ scenario: "verify-email > mail that cannot be sent", at: "POST /send-verification-email" }],
  },
  {
    id: "null-origin",
    difference: "`Origin: null` is never trusted",
    reason: "Better Auth accepts it with `Sec-Fetch-Site: same-origin` and then trusts the `Host` header",
    shows: [{ scenario: /^origins > .* everything that browsers say$/, ours: /^"(MISSING_OR_NULL_ORIGIN|Missing or null Origin)"$/ }],
  },
  {
    id: "loopback",
    difference: "if the host of `BASE_URL` is `localhost`, `127.0.0.1` or `[::1]`, the other two are trusted with the same scheme and port",
    reason: "users open any of these names, and all of them are the same machine",
    shows: [{ scenario: "origins > a sign-in under the other names of this machine" }],
  },
  {
    id: "location",
    difference: "`Location` is percent-encoded if a target is not ASCII; a target with control characters gets 403",
    reason: "a header can contain neither",
    shows: [
      { scenario: /^sign-in > and on to "\/ä"$/, field: "header.location" },
      { scenario: "social-callback > a callback of every form", field: "header.location", ours: '"/%C3%A4"' },
      { scenario: scenarios("targets > control characters in callbackURL", "targets > control characters in the callbackURL") },
    ],
  },
  {
    id: "two-slashes",
    difference: "a relative redirect target whose path starts with `//` once its dot segments are resolved (`/.//host`) gets 403",
    reason: "resolved twice, it leads to another host; Better Auth accepts it",
    shows: [{ scenario: scenarios("targets > paths that come out with two slashes") }],
  },
  {
    id: "whole-url",
    difference: "a redirect target such as `http:host/x` is sent as `http://host/x`",
    reason: "relative to a URL with the same scheme, browsers read it as a path; the target sent is the one that was validated",
    shows: [{ scenario: "targets > a URL without slashes", field: /^(header\.location|body\.url)$/ }],
  },
  {
    id: "raw-token",
    difference:
      "`set-auth-token` is sent when a session starts; a response that only renews the cookie has it if the session was found by its bearer token",
    reason: "scripts can read that header and must not get the token that an HttpOnly cookie hides from them",
    shows: [
      { at: /^GET \/(get-session|token|list-sessions|list-accounts|account-info|verify-email)$/, field: "header.set-auth-token", ours: null },
      {
        at: /^POST \/(update-user|change-email|delete-user|revoke-other-sessions|send-verification-email|link-social|unlink-account|email-otp\/change-email)$/,
        field: "header.set-auth-token", ours: null,
      },
    ],
  },
  {
    id: "sign-out-all",
    difference: "sign-out ends the session of the bearer token and the sessions of all cookies",
    reason: "Better Auth ends the first session that it finds and clears the other cookies, whose sessions stay live",
    shows: [{ scenario: "sign-out > with a bearer token, and another session's cookie", at: "GET /get-session" }],
  },
  {
    id: "not-ascii",
    difference: "a `Referer` that is not ASCII is `INVALID_ORIGIN`; with a bearer token that is not ASCII, cookies are ignored",
    reason: "an unreadable header is not an absent header",
    shows: [
      { scenario: "origins > a Referer that is not ASCII" },
      { scenario: "get-session > a bearer token that is not ASCII" },
    ],
  },
  {
    id: "encoded-path",
    difference: "paths may contain percent-encoded letters",
    reason: "they mean the same (RFC 3986); Better Auth answers 404",
    shows: [{ scenario: "protocol > encoded paths" }],
  },
  {
    id: "two-cookies",
    difference: "if there are several session cookies of one name, the first with a valid signature and a live session is used",
    reason: "a planted cookie must not sign anybody out",
    shows: [{ scenario: "get-session > two cookies of the name, the good one last" }],
  },
  {
    id: "stray-cookies",
    difference: "a `dont_remember` cookie without a valid signature is cleared, a `session_data` cookie is not",
    reason: "auth-service does not cache sessions in cookies",
    shows: [
      { scenario: "get-session > a dont_remember that nobody signed", field: /^cookie\./ },
      { scenario: "get-session > a cached session in a cookie means nothing", field: /^cookie\./ },
    ],
  },
  {
    id: "one-cookie",
    difference: "a response that both extends the session and sets its cookie sets it once",
    reason: "the second would be a duplicate",
    shows: [
      { scenario: "update-user > of a session a day old", field: /^cookie\./ },
      { scenario: "two-factor-enrolment > disable: a session that is a day old", field: /^cookie\./ },
      { scenario: "two-factor-sign-in > session: one that has ended, beside the challenge", field: /^cookie\./ },
    ],
  },
  {
    id: "unremembered",
    difference: "a session that is not remembered never outlives a remembered one, and stays not remembered when a changed password renews it",
    reason: "Better Auth gives it a day even if `SESSION_TTL` is shorter, and a week after the change",
    shows: [
      { profile: "short", field: /session\.expiresAt$/, theirs: '"<time> now + 1440 min"', ours: '"<time> now + 120 min"' },
      { scenario: "change-password > the other sessions end, for an unremembered one", field: "body.session.expiresAt" },
      { scenario: "two-factor-enrolment > enable: a session that is not remembered", field: "body.session.expiresAt" },
    ],
  },
  {
    id: "post-get-session",
    difference: "`POST get-session` checks its body before it is refused",
    reason: "it is refused either way",
    shows: [{ at: "POST /get-session", scenario: "get-session > by POST" }],
  },
  {
    id: "user-agent",
    difference: "a `User-Agent` in UTF-8 is stored as such",
    reason: "Better Auth reads it as ISO 8859-1",
    shows: [{ scenario: "sign-up > a user agent is kept", field: "body.session.userAgent", ours: '"Lynx/2.9 (Ünïcode)"' }],
  },
  {
    id: "retry-after",
    difference: "a 429 response has the standard `Retry-After` in addition to `X-Retry-After`",
    reason: "proxies and libraries understand it (RFC 9110)",
    shows: ["limits", "rules", "social-limits", "username-limits", "two-factor-limits", "by-email-limits"].map((profile) => ({
      profile, field: "header.retry-after", theirs: null,
    })),
  },
  {
    id: "device",
    difference: "with rate limits on, sign-up, sign-in, a verified email and a new password set a cookie `<prefix>.device`",
    reason: "a device that has signed in before has its own budget of guesses, so strangers cannot lock its owner out",
    shows: [
      { profile: "limits", field: /^cookie\.better-auth\.device\./, theirs: null },
      { profile: "limits", at: "POST /sign-in/email", field: "cookie.(order)", ours: '"better-auth.session_token, better-auth.device"' },
      { profile: "limits", at: "POST /change-password", field: "cookie.(order)", theirs: null, ours: '"better-auth.device"' },
      { profile: "limits", at: "POST /reset-password", field: "cookie.(order)", theirs: null, ours: '"better-auth.device"' },
      { profile: "two-factor-limits", field: /^cookie\.better-auth\.device\./, theirs: null },
      { profile: "two-factor-limits", at: /^POST \/(sign-in|two-factor)\//, field: "cookie.(order)", ours: /better-auth\.device/ },
    ],
  },
  {
    id: "sign-up-cookie",
    difference: "if mail is configured, every sign-up sets a cookie `<prefix>.sign_up` for seven days",
    reason: "it lets the browser that signed up use its link; it authenticates nothing",
    shows: [
      { at: "POST /sign-up/email", field: /^cookie\.[\w-]+\.sign_up\.value$/, theirs: null, ours: /^"sign-up~<user \d>\.<good signature>"$/ },
      {
        at: "POST /sign-up/email", field: "cookie.better-auth.sign_up.attributes", theirs: null,
        ours: '"Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"',
      },
      {
        at: "POST /sign-up/email", field: "cookie.__Secure-house.sign_up.attributes", theirs: null,
        ours: '"Max-Age=604800; Domain=example.com; Path=/; HttpOnly; Secure; SameSite=Lax"',
      },
      { at: "POST /sign-up/email", field: "cookie.(order)", ...withSignUpCookie("better-auth") },
      { at: "POST /sign-up/email", field: "cookie.(order)", ...withSignUpCookie("better-auth", "session_token") },
      { at: "POST /sign-up/email", field: "cookie.(order)", ...withSignUpCookie("better-auth", "session_token", "device") },
      { at: "POST /sign-up/email", field: "cookie.(order)", ...withSignUpCookie("better-auth", "session_token", "dont_remember") },
      { at: "POST /sign-up/email", field: "cookie.(order)", ...withSignUpCookie("__Secure-house", "session_token") },
      { at: "POST /sign-up/email", field: "cookie.(order)", ...withSignUpCookie("__Secure-house", "session_token", "dont_remember") },
    ],
  },
  {
    id: "preflights",
    difference: "`OPTIONS` requests do not count against the rate limits",
    reason: "the browser sends them, not the page",
    shows: [{ scenario: "limits > a preflight is not counted" }],
  },
  {
    id: "forwarded",
    difference: "`X-Forwarded-For` is used only from `TRUSTED_PROXIES`, and `ipAddress` is the whole address",
    reason: "Better Auth trusts the header from anybody if it contains one address, and stores the first half of an IPv6 address",
    shows: [
      { scenario: "sign-up > a forwarded address, where no proxy is trusted", field: "body.session.ipAddress", ours: '"127.0.0.1"' },
      { scenario: "limits > where a session is from", field: "body.session.ipAddress" },
    ],
  },
  {
    id: "error-page",
    difference: "`error` has a `Content-Security-Policy`, a `Referrer-Policy` and a charset, is not cached, and accepts no apostrophe in a code",
    reason: "a page that shows text from its URL must not run it",
    shows: [
      ...PAGE_HEADERS("'none'").map((header) => ({ at: "GET /error", ...header })),
      { at: "GET /error", field: "header.content-type", theirs: '"text/html"', ours: '"text/html; charset=utf-8"' },
      { scenario: "protocol > the error page's code", field: "body.page.code", theirs: /&#39;/, ours: '"UNKNOWN"' },
    ],
  },
  {
    id: "reset-ends-sessions",
    difference: "resetting the password ends every session",
    reason: "a user may reset the password because somebody else knows it",
    shows: [
      { scenario: "reset-password > the sessions after it", at: "GET /get-session" },
      { scenario: "email-otp > resetting a password", at: "GET /get-session" },
      { scenario: "linked-accounts > a user without a password: sets one by mail", at: "GET /get-session" },
    ],
  },
  {
    id: "weak-passwords",
    difference:
      "a new password that is common, or consists of the user's name or email or of the product's name, is refused with `PASSWORD_COMPROMISED`, unless `PASSWORD_BLOCKLIST=off`",
    reason: "OWASP ASVS 6.2.4 and 6.2.11; the code is the one of Better Auth's plugin `haveIBeenPwned`",
    shows: [{ scenario: scenarios("sign-up > a common password$", "sign-up > a password of the user's name", "change-password > to a common one", "reset-password > a common password") }],
  },
  {
    id: "links-of-the-gone",
    difference: "a link of a deleted user, or of a former email of the account, is `INVALID_TOKEN`",
    reason: "a link is void without the user or email that it was created for, and its holder learns nothing more; Better Auth answers `USER_NOT_FOUND`",
    shows: [
      { scenario: /> .*a user who is gone$/ },
      { scenario: "links > a reset, after a change of address", at: "POST /reset-password", field: "status", theirs: "200", ours: "400" },
      { scenario: "links > a reset, after a change of address", at: "POST /reset-password", field: "body.code", ours: '"INVALID_TOKEN"' },
      { scenario: "links > a reset, after a change of address", at: "POST /reset-password", field: "body.message", ours: '"Invalid token"' },
      { scenario: "links > a reset, after a change of address", at: "POST /reset-password", field: "body.status", ours: null },
      { scenario: "change-email > a verification that was asked for before", at: "GET /verify-email", ours: /INVALID_TOKEN|Invalid token/ },
    ],
  },
  {
    id: "taken-in-the-meantime",
    difference: "a link to an email that has since been taken by another account is `INVALID_TOKEN`",
    reason: "Better Auth fails with 500",
    shows: [{ scenario: "change-email > to an address that is taken in the meantime", at: "GET /verify-email" }],
  },
  {
    id: "notices",
    difference:
      "the account is notified by mail of a sign-in on a new device, a changed password, a changed email, an added or removed sign-in method and a sign-up with its email",
    reason: "an owner who did not do it learns of it; Better Auth leaves that to its hooks",
    shows: [
      { at: "mail", field: /^notices to /, theirs: null },
      // Where Better Auth sends no mail at all.
      { at: "mail", field: "", theirs: "{}", ours: null },
    ],
  },
  {
    id: "delete-user-off",
    difference: "if delete-user is off, its callback also answers an empty 404",
    reason: "disabled routes do not exist",
    shows: [{ at: "GET /delete-user/callback", scenario: "delete-user > where it is off" }],
  },
  ...LINK_DIFFERENCES,
  ...EMAIL_DIFFERENCES,
  ...SOCIAL_DIFFERENCES,
  ...TWO_FACTOR_DIFFERENCES,
  ...USERNAME_DIFFERENCES,
];
