// Usernames: the entries of differences.mjs that `scenarios/username.mjs` shows.

const CLAIMS = /^(body\.token|data\.token|header\.set-auth-jwt)\.jwt\.claims\.(username|displayUsername)$/;
const PENDING = "username > a name of a sign-up that is not verified";

export const USERNAME_DIFFERENCES = [
  {
    id: "username-claims",
    difference: "tokens have no `username` and no `displayUsername`",
    reason: "a token reveals only what resource servers need",
    shows: [{ field: CLAIMS, ours: null }],
  },
  {
    id: "username-order",
    difference: "the body as a whole and the session are checked before the username",
    reason: "Better Auth tells update-user without a session which usernames are taken",
    shows: [
      { scenario: "username > a sign-up with a name that breaks a rule, and without an email" },
      { scenario: "username > a change without a session" },
    ],
  },
  {
    id: "username-values",
    difference: "a `username` or `displayUsername` of another type, or a `displayUsername` over 100 characters, is a `VALIDATION_ERROR`",
    reason: "Better Auth fails on such a username with 422 or 500, and stores any `displayUsername`",
    shows: [{ scenario: /^username > (a sign-up with values of other types|a change to values of other types|a long display form)$/ }],
  },
  {
    id: "username-removal",
    difference: "with `USERNAME_IMMUTABLE` a username cannot be removed",
    reason: "a removed username can be set again, to another one; Better Auth checks strings only",
    shows: [{ scenario: "username > a name that is removed" }],
  },
  {
    id: "username-pending",
    difference: "a sign-up whose email is not verified yet does not reserve its username, if sign-in requires a verified email",
    reason: "it is no account; nobody can occupy usernames without a mailbox",
    shows: [
      { scenario: PENDING, at: /^POST \/(is-username-available|sign-up\/email)$/ },
      { scenario: "every mail is sent to somebody in both", profile: "username-verified" },
    ],
  },
  {
    id: "username-questions",
    difference: "`is-username-available` answers a client 30 times in 60 s",
    reason: "usernames can be tried one after the other; Better Auth allows 100 in 10 s",
    shows: [{ profile: "username-limits", scenario: "username > thirty questions" }],
  },
];
