// Who may follow a link, and until when: the entries of differences.mjs that `scenarios/links.mjs` shows. Each scenario has
// its own entries, so that one with the same response as Better Auth is reported even if others still differ.

import { PAGE_HEADERS } from "./page-headers.mjs";

/** The entries that `entries` returns for each of these scenarios of links.mjs. */
const inEach = (names, entries) => names.flatMap((name) => entries({ scenario: `links > ${name}` }));
const both = (what, one, other) => [`${what}, ${one}`, `${what}, ${other}`];

const said = (text) => JSON.stringify(text);
/** The fields of a response that reveal that the request succeeded, besides the status. */
const RESULT = /^(body(\.|$)|header\.(location|set-auth-token)$|cookie\.)/;

/** Better Auth accepts the request; we reject it, with only the reason in the response. */
const refused = (where, status, code, message) => [
  { ...where, field: "status", theirs: /^(200|302)$/, ours: `${status}` },
  { ...where, field: "body.code", theirs: null, ours: said(code) },
  { ...where, field: "body.message", theirs: null, ours: said(message) },
  { ...where, field: RESULT, ours: null },
];
const UNCONFIRMED = "Confirm this on the page that the link opens in a browser, or send the account's password";
const unconfirmed = (where) => refused({ ...where, at: "GET /verify-email" }, 403, "CONFIRMATION_REQUIRED", UNCONFIRMED);
const invalid = (where, at, status) => refused({ ...where, at }, status, "INVALID_TOKEN", "Invalid token");
/** Better Auth accepts the request; we redirect the browser with an error. */
const ledOnWithError = (where, at = "GET /verify-email") => [
  { ...where, at, field: "header.location", ours: /\?error=INVALID_TOKEN"$/ },
];
/** A change of email extends the session, on the side where it succeeds. */
const sameSession = (where) => ({ ...where, at: "GET /verify-email", field: /^(header\.set-auth-token$|cookie\.)/, ours: null });

/** A page of ours with a form. */
const page = (where, asks) => [
  { ...where, field: "body", theirs: '"(empty)"', ours: null },
  { ...where, field: "body.page.form", theirs: null, ours: said('method="post" action="verify-email"') },
  { ...where, field: "body.page.asks", theirs: null, ours: said(asks) },
  { ...where, field: "header.content-type", ours: '"text/html; charset=utf-8"' },
  ...PAGE_HEADERS("'self'").map((header) => ({ ...where, ...header })),
];
const PASSWORD_FORM = "token, callbackURL, password";
/** Better Auth accepts the request; we show a form first. */
const askedFirst = (where, asks) => {
  const opened = { ...where, at: "GET /verify-email" };
  return [
    { ...opened, field: "status", theirs: "302", ours: "200" },
    { ...opened, field: "header.location", ours: null },
    ...page(opened, asks),
  ];
};
/** The form is submitted without a password, with a wrong one if `wrong`, and with the right one. Better Auth has no POST. */
const formSent = (where, wrong) => {
  const sent = { ...where, at: "POST /verify-email" };
  const statuses = wrong ? ["200", "400", "302"] : ["200", "302"];
  return [
    ...statuses.map((ours) => ({ ...sent, field: "status", theirs: "404", ours })),
    ...page(sent, PASSWORD_FORM),
    ...(wrong ? [{ ...sent, field: "body.page.alert", theirs: null, ours: said("Wrong password. Please try again.") }] : []),
    { ...sent, field: "header.location", theirs: null, ours: said("/welcome") },
  ];
};
/** JSON responses to a POST that Better Auth does not have. */
const posted = (where, answers) => {
  const sent = { ...where, at: "POST /verify-email" };
  const fields = answers.flatMap(([status, fields]) => [
    { field: "status", theirs: "404", ours: `${status}` },
    ...Object.entries(fields).map(([name, value]) => ({ field: `body.${name}`, theirs: null, ours: said(value) })),
  ]);
  return [
    ...fields.map((field) => ({ ...sent, ...field })),
    { ...sent, field: "body", theirs: '"(empty)"', ours: null },
    { ...sent, field: "header.content-type", theirs: null, ours: '"application/json"' },
  ];
};

const CLEARED = "better-auth.session_token, better-auth.session_data, better-auth.dont_remember";
/** The session cookies are cleared. */
const cleared = (where) => [
  { ...where, field: /^cookie\..*\.value$/, theirs: null, ours: '""' },
  { ...where, field: /^cookie\..*\.attributes$/, theirs: null, ours: /^"Max-Age=0;/ },
  { ...where, field: "cookie.(order)", theirs: null, ours: said(CLEARED) },
];
/** The session cookie is set again. */
const EXTENDED = "verify-email > in a browser whose session is a day old";
const EXTENSION = /^(header\.set-auth-token|cookie\.(\(order\)|better-auth\.session_token\.(value|attributes)))$/;
const SESSION_COOKIE = /^"(<token 1>\.<good signature>|Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax|better-auth\.session_token)"$/;

/** Better Auth has a session; we have none and clear the browser's cookies. */
const signedOut = (where) => {
  const asked = { ...where, at: "GET /get-session" };
  return [
    { ...asked, field: "body", theirs: null, ours: "null" },
    { ...asked, field: /^(body|header\.set-auth-jwt)\./, ours: null },
    ...cleared(asked),
  ];
};
/** We have a session; Better Auth has none. */
const stillThere = (where) => {
  const asked = { ...where, at: "GET /get-session" };
  return [
    { ...asked, field: "body", theirs: "null", ours: null },
    { ...asked, field: /^(body|header\.set-auth-jwt)\./, theirs: null },
  ];
};
/** Better Auth deletes the user and signs out the browser; we do not. */
const notDeleted = (where) => [...invalid(where, "GET /delete-user/callback", 404), ...stillThere(where)];

/** A password that only Better Auth accepts. */
const onlyTheirs = (where, status, code, message) => refused({ ...where, at: "POST /sign-in/email" }, status, code, message);
const wrongHere = (where) => onlyTheirs(where, 401, "INVALID_EMAIL_OR_PASSWORD", "Invalid email or password");
const unverifiedHere = (where) => onlyTheirs(where, 403, "EMAIL_NOT_VERIFIED", "Email not verified");
/** A password that only we accept. */
const onlyOurs = (where, theirStatus) => {
  const tried = { ...where, at: "POST /sign-in/email" };
  return [
    { ...tried, field: "status", theirs: theirStatus, ours: "200" },
    { ...tried, field: /^body\.(code|message)$/, ours: null },
    { ...tried, field: "body.user.emailVerified", theirs: null, ours: "true" },
    { ...tried, field: /^(body\.(token|redirect|user)|header\.set-auth-token$|cookie\.(\(order\)$|better-auth\.session_token\.))/, theirs: null },
  ];
};

/** The state of the account afterwards. */
const account = (where, field, theirs, ours) => ({ ...where, at: /^(GET \/get-session|POST \/sign-in\/email)$/, field, theirs, ours });
const onlyTheyVerified = (where) => account(where, "body.user.emailVerified", "true", "false");
const onlyWeVerified = (where) => account(where, "body.user.emailVerified", "false", "true");
const address = (where, theirs, ours) =>
  ["body.user.email", "header.set-auth-jwt.jwt.claims.email"].map((field) =>
    account(where, field, new RegExp(`^"${theirs}\\.`), new RegExp(`^"${ours}\\.`)),
  );
const onlyTheyMoved = (where) => address(where, "new", "ada");
const onlyWeMoved = (where) => address(where, "ada", "new");
const links = (to, theirs, ours) => ({ at: "mail", field: new RegExp(`^links to ${to}\\.`), theirs, ours });

export const LINK_DIFFERENCES = [
  {
    id: "links-need-proof",
    difference:
      "`verify-email` links take effect only in a browser that is signed in to the account or, to verify the email of a sign-up, in the browser that signed up. In any other browser a page asks for the password (to approve a change of email, for a click); API clients get 403 `CONFIRMATION_REQUIRED`. With `VERIFY_EMAIL_BY_LINK_ALONE` the link alone verifies an email; it never changes one",
    reason: "mail scanners open links, and a sign-up with another person's email must not become a verified account",
    shows: [
      ...inEach(["a verification, by a program that has the link alone"], (where) => [
        ...unconfirmed({ ...where, profile: "account" }),
        onlyTheyVerified({ ...where, profile: "account" }),
      ]),
      ...inEach(both("a verification", "opened in another browser", "in another user's browser"), (where) => [
        ...askedFirst({ ...where, profile: "account" }, PASSWORD_FORM),
        onlyTheyVerified({ ...where, profile: "account" }),
      ]),
      ...["account", "by-link"].flatMap((profile) =>
        inEach(["a change of address, by a program that has the link alone"], (where) => [
          ...unconfirmed({ ...where, profile }),
          ...onlyTheyMoved({ ...where, profile }),
        ]),
      ),
      ...inEach(["a change of address, opened in another browser"], (where) => [
        ...askedFirst(where, PASSWORD_FORM),
        ...onlyTheyMoved(where),
      ]),
      ...inEach(["a confirmation, by a program that has the link alone"], unconfirmed),
      ...inEach(["a confirmation, opened in another browser"], (where) => askedFirst(where, "token, callbackURL")),
      links("unasked-program", "1", null),
      links("unasked-browser", "1", null),
      ...inEach(["a sign-up, by a program that has the link alone"], (where) => [...unconfirmed(where), ...unverifiedHere(where)]),
      ...inEach(["a sign-up, opened in another browser"], (where) => [...askedFirst(where, PASSWORD_FORM), ...unverifiedHere(where)]),
    ],
  },
  {
    id: "verify-email-session",
    difference: "`verify-email` extends the browser's session and clears the cookies of an expired one",
    reason: "it reads the session, as other endpoints do; Better Auth reads it only to change an email",
    shows: [
      { scenario: EXTENDED, at: "GET /verify-email", field: EXTENSION, theirs: null, ours: SESSION_COOKIE },
      { scenario: EXTENDED, at: "GET /get-session", field: EXTENSION, theirs: SESSION_COOKIE, ours: null },
      ...cleared({ scenario: "verify-email > in a browser whose session is over", at: "GET /verify-email" }),
    ],
  },
  {
    id: "post-verify-email",
    difference: "`POST verify-email` follows a link with a `password`, sent as JSON or by the form of that page",
    reason: "the page and API clients need a way to send it",
    shows: [
      ...posted({ scenario: "protocol > POST where only GET is" }, [
        [400, { code: "VALIDATION_ERROR", message: "[body.token] Invalid input: expected string, received undefined" }],
      ]),
      ...inEach(["a verification, by a program that has the password"], (where) => [
        ...posted(where, [
          [403, { code: "CONFIRMATION_REQUIRED", message: UNCONFIRMED }],
          [400, { code: "INVALID_PASSWORD", message: "Invalid password" }],
          [200, { status: true, user: null }],
        ]),
        onlyWeVerified(where),
      ]),
      ...inEach(["a verification, with the password on the page"], (where) => [...formSent(where, true), onlyWeVerified(where)]),
      ...inEach(["a sign-up, with the password on the page"], (where) => [...formSent(where, true), ...onlyOurs(where, "403")]),
      ...inEach(["a change of address, with the password on the page"], (where) => [...formSent(where, false), ...onlyWeMoved(where)]),
      ...inEach(["a confirmation, by the button of the page"], (where) => [
        { ...where, at: "POST /verify-email", field: "status", theirs: "404", ours: "302" },
        { ...where, at: "POST /verify-email", field: "header.location", theirs: null, ours: said("/welcome") },
      ]),
      links("agreed", null, "1"),
    ],
  },
  {
    id: "verified-sessions",
    difference:
      "verifying an email ends the account's other sessions; without a session (in the browser that signed up, or with the password) it ends all of them",
    reason: "they may belong to somebody who signed up with another person's email",
    shows: [
      ...inEach(both("a verification", "and the other sessions", "in the browser that signed up, and the sessions"), signedOut),
      { scenario: "links > a verification, and the other sessions", at: "GET /list-sessions", field: /^body\.1\./, ours: null },
    ],
  },
  {
    id: "links-of-a-former-password",
    difference: "resetting or changing the password voids every unused link of the account",
    reason: "somebody else may have known the password and requested links",
    shows: [
      ...invalid({ scenario: "reset-password > two links" }, "POST /reset-password", 400),
      ...inEach(both("a verification", "after a reset", "after a changed password"), (where) => [
        ...ledOnWithError(where),
        onlyTheyVerified(where),
      ]),
      ...inEach(both("a change of address", "after a reset", "after a changed password"), (where) => [
        ...ledOnWithError(where),
        sameSession(where),
        ...onlyTheyMoved(where),
      ]),
      ...inEach(["a reset, after a changed password"], (where) => [
        ...ledOnWithError(where, "GET /reset-password/:token"),
        ...invalid(where, "POST /reset-password", 400),
        ...wrongHere(where),
      ]),
      ...inEach(both("a deletion", "after a reset", "after a changed password"), notDeleted),
    ],
  },
  {
    id: "links-of-a-session",
    difference: "links that change the email or delete the account expire with the session that requested them",
    reason: "signing out a lost device also cancels what was requested there",
    shows: [
      ...inEach(both("a change of address", "after a sign-out", "after its session expired"), (where) => [
        ...ledOnWithError(where),
        sameSession(where),
        ...onlyTheyMoved(where),
      ]),
      ...inEach(["a confirmation, after a sign-out"], ledOnWithError),
      links("unasked-signed-out", "1", null),
      ...inEach(both("a deletion", "after a sign-out", "after its session expired"), notDeleted),
    ],
  },
  {
    id: "change-email-fresh",
    difference: "`change-email` requires a fresh session (`SESSION_FRESH_AGE`); otherwise 403 `SESSION_NOT_FRESH`",
    reason: "access to a signed-in device must not be enough to take over the account (OWASP ASVS 7.5.1)",
    shows: [
      ...inEach(["a change of address, asked for in a session that is not fresh"], (where) =>
        refused({ ...where, at: "POST /change-email" }, 403, "SESSION_NOT_FRESH", "Session is not fresh"),
      ),
      links("stale", "1", null),
    ],
  },
  {
    id: "waiting-sign-ups",
    difference:
      "with `REQUIRE_EMAIL_VERIFICATION` a sign-up becomes an account only when its link is followed. Until then it has no password to reset; several sign-ups with the same email can be pending, each with its own link, and completing one deletes the others",
    reason: "a stranger who signs up first must neither block the owner of the email nor know a password of the owner's account",
    shows: [
      ...inEach(["a stranger signs up first, and tries the password"], wrongHere),
      ...inEach(["a stranger signs up first, and the owner signs in"], (where) => [
        ...onlyOurs(where, "401"),
        { ...where, at: "GET /get-session", field: "body.user.emailVerified", theirs: null, ours: "true" },
        ...stillThere(where),
      ]),
      links("shared", "1", "3"),
      links("owner", "2", "3"),
      links("waiting", "2", "1"),
    ],
  },
];
