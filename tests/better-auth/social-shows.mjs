// What the entries of social-differences.mjs and provider-differences.mjs have in common: a sign-in by a provider that Better
// Auth accepts and we refuse. Each such scenario has its own entries, so that one with the same response as Better Auth is
// reported even if others still differ.

export const said = (text) => JSON.stringify(text);
export const ERROR_PAGE = "http://localhost:8081/api/auth/error?";
export const SIGN_IN = "/sign-in?from=there&";
/** The error code if the profile of a user cannot be read or is not to be trusted. */
export const UNVERIFIED = "unable_to_get_user_info";

/** Better Auth signs in the user who comes back from a provider; we redirect the browser with an error. */
export const notArrived = (scenario, provider, code, { page = SIGN_IN, theirs = said("/there") } = {}) => {
  const back = { scenario, at: `GET /callback/${provider}` };
  return [
    { ...back, field: "header.location", theirs, ours: said(`${page}error=${code}`) },
    { ...back, field: /^(header\.set-auth-(token|jwt)|cookie\.better-auth\.session_token\.|cookie\.\(order\)$)/ },
  ];
};

/** As a consequence, only Better Auth has a session. */
const noSession = (scenario) => {
  const asked = { scenario, at: "GET /get-session" };
  return [
    { ...asked, field: "body", theirs: null, ours: "null" },
    { ...asked, field: /^(body|header\.set-auth-jwt)\./, ours: null },
  ];
};

export const notSignedIn = (scenario, ...refused) => [...notArrived(scenario, ...refused), ...noSession(scenario)];

/** Better Auth signs in the user of an ID token; we refuse it. */
export const notPresented = (scenario, status, code, message) => {
  const presented = { scenario, at: "POST /sign-in/social" };
  return [
    { ...presented, field: "status", theirs: "200", ours: `${status}` },
    { ...presented, field: "body.code", theirs: null, ours: said(code) },
    { ...presented, field: "body.message", theirs: null, ours: said(message) },
    { ...presented, field: /^(body\.(redirect|token|user)|header\.set-auth-(token|jwt)|cookie\.)/, ours: null },
  ];
};

/** The same, and the session is asked for afterwards. */
export const notPresentedAtAll = (scenario, ...refused) => [...notPresented(scenario, ...refused), ...noSession(scenario)];

/** Better Auth fails; we redirect the browser with an error. */
export const notFailed = (scenario, provider, code, page) => {
  const back = { scenario, at: `GET /callback/${provider}` };
  return [
    { ...back, field: "status", theirs: "500", ours: "302" },
    { ...back, field: "header.location", theirs: null, ours: said(`${page}error=${code}`) },
    { ...back, field: /^cookie\.(better-auth\.state\.(value|attributes)|\(order\))$/, theirs: null },
  ];
};
