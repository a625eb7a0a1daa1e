// Faults to inject into the responses about second factors, as in faults.mjs.

import { header, instead, json, text } from "./spoil.mjs";

const SIGN_IN = "POST /sign-in/email";
const ENABLE = "POST /two-factor/enable";
const VERIFY = "POST /two-factor/verify-totp";

/** Alters the cookie of this name. */
const cookie = (name, change) =>
  header("set-cookie", (value) => (value.startsWith(`better-auth.${name}=`) ? change(value) : value));
/** Alters the body of a successful response. */
const body = (change) => (answer) => {
  if (answer.status !== 200) return;
  const read = JSON.parse(answer.text);
  change(read);
  answer.text = JSON.stringify(read);
};

/** The kind of second factors. */
export const TWO_FACTOR_FAULTS = {
  profile: "two-factor",
  scenarios: [
    "two-factor-sign-in > an authenticator app",
    "two-factor-codes > verify-totp: the code that enabled it",
    "two-factor-devices > a backup code",
    "two-factor-guesses > five backup codes",
  ],
  faults: [
    {
      what: "a session before the factor",
      at: SIGN_IN,
      field: "cookie.better-auth.session_token.value",
      spoil: cookie("session_token", () => "better-auth.session_token=token.signature; Path=/; HttpOnly"),
    },
    {
      what: "a token before the factor",
      at: SIGN_IN,
      field: "header.set-auth-token",
      spoil: (answer) => answer.headers.push(["set-auth-token", "token.signature"]),
    },
    { what: "a method that does not exist", at: SIGN_IN, field: "body.twoFactorMethods.0", spoil: text('"totp"', '"sms"') },
    {
      what: "a challenge of a day",
      at: SIGN_IN,
      field: "cookie.better-auth.two_factor.attributes",
      spoil: cookie("two_factor", (value) => value.replace("Max-Age=600;", "Max-Age=86400;")),
    },
    {
      what: "a challenge that scripts can read",
      at: SIGN_IN,
      field: "cookie.better-auth.two_factor.attributes",
      spoil: cookie("two_factor", (value) => value.replace("; HttpOnly", "")),
    },
    { what: "a shorter secret", at: ENABLE, field: "body.totpURI.query", spoil: text(/secret=[A-Z2-7]{26}/, "secret=") },
    { what: "another period", at: ENABLE, field: "body.totpURI.query", spoil: text("period=30", "period=60") },
    { what: "another issuer", at: ENABLE, field: "body.totpURI.path", spoil: text("otpauth://totp/", "otpauth://totp/My%20") },
    { what: "a backup code less", at: ENABLE, field: "body.backupCodes.9", spoil: body((read) => read.backupCodes.pop()) },
    {
      what: "a backup code twice",
      at: ENABLE,
      field: "body.backupCodes.1",
      spoil: body((read) => (read.backupCodes[1] = read.backupCodes[0])),
    },
    {
      what: "a backup code without its hyphen",
      at: ENABLE,
      field: "body.backupCodes.0",
      spoil: body((read) => (read.backupCodes[0] = read.backupCodes[0].replace("-", ""))),
    },
    {
      what: "a user without the flag",
      at: VERIFY,
      field: "body.user.twoFactorEnabled",
      spoil: json((read) => delete read.user.twoFactorEnabled),
    },
    {
      what: "a challenge that stays in the browser",
      at: VERIFY,
      field: "cookie.better-auth.two_factor.value",
      spoil: (answer) => (answer.headers = answer.headers.filter(([, value]) => !value.startsWith("better-auth.two_factor="))),
    },
    {
      what: "trust of a year",
      at: "POST /two-factor/verify-backup-code",
      field: "cookie.better-auth.trust_device.attributes",
      spoil: cookie("trust_device", (value) => value.replace("Max-Age=2592000", "Max-Age=31536000")),
    },
    {
      what: "a guess too many",
      at: "POST /two-factor/verify-backup-code",
      field: "status",
      spoil: instead(400, 401, '{"code":"INVALID_BACKUP_CODE","message":"Invalid backup code"}'),
    },
    {
      what: "a used code, accepted",
      at: VERIFY,
      misses: "totp-once",
      of: "two-factor-codes > verify-totp: the code that enabled it",
      spoil: instead(401, 200, '{"token":"a","user":{}}'),
    },
  ],
};
