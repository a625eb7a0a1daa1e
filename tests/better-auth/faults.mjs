// Mistakes to plant in an honest server's answers, one for each kind of thing that a drop-in could get wrong. `at` is the request
// whose answer is spoilt, and `field` where the comparison must see it.

export const FAULTS = [
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

/** Changes a body that is an object with a user, and leaves the others. */
function json(change) {
  return (answer) => {
    const body = JSON.parse(answer.text);
    if (!body?.user) return;
    change(body);
    answer.text = JSON.stringify(body);
  };
}

function text(from, to) {
  return (answer) => (answer.text = answer.text.replace(from, to));
}

function header(name, change) {
  return (answer) => (answer.headers = answer.headers.map(([found, value]) => [found, found === name ? change(value) : value]));
}

function drop(name) {
  return (answer) => (answer.headers = answer.headers.filter(([found]) => found !== name));
}
