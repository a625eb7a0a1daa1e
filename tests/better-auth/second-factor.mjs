// The steps of a second factor, for the scenarios: enabling it, and signing in with it.

import { Authenticator } from "./authenticator.mjs";

/** A backup code that nobody has. */
export const WRONG_BACKUP = "aaaaa-aaaaa";

/** A code that is not valid, if `code` is. */
export function otherThan(code) {
  return code === "123456" ? "123457" : "123456";
}

/** Does something a number of times, one after the other. */
export async function times(count, work) {
  for (let done = 0; done < count; done += 1) await work(done);
}

/** Enables an authenticator app for a user. Its first code is still due. */
export async function enable(user, body = {}) {
  const { json } = await user.post("/two-factor/enable", { password: user.password, ...body });
  user.authenticator = new Authenticator(json.totpURI);
  user.backupCodes = json.backupCodes;
  return user;
}

/** A user who signs in with a password and an authenticator app, and whose browser is signed in. */
export async function enrolled(at, name = "ada", more = {}) {
  const user = await enable(await at.user(name, more));
  await verify(user, { code: await user.authenticator.next() });
  // The response has the token of the session that has just ended.
  user.token = user.value("session_token");
  return user;
}

/** A user who signs in with a password and a code sent by mail, and whose browser is signed in. */
export async function enrolledByMail(at, name = "ada") {
  const user = await at.user(name);
  await user.post("/two-factor/enable", { password: user.password, method: "otp" });
  return user;
}

/** Another browser, in which the user has sent the password and is asked for the second factor. */
export async function challenged(at, user, body = {}, browser = at.browser()) {
  Object.assign(browser, { email: user.email, password: user.password, id: user.id });
  await browser.post("/sign-in/email", { email: user.email, password: user.password, ...body });
  return browser;
}

/** Another browser, which is asked for a code sent by mail. `count` is the number of codes that the user will then have. */
export async function mailedCode(at, user, { count = 1, browser } = {}) {
  browser ??= await challenged(at, user);
  await browser.post("/two-factor/send-otp");
  return { browser, code: await at.code(user.email, count) };
}

/** Sends the code of an authenticator app. */
export function verify(browser, body, options) {
  return browser.post("/two-factor/verify-totp", body, options);
}

/** Sends a code that was mailed. */
export function verifyMailed(browser, body, options) {
  return browser.post("/two-factor/verify-otp", body, options);
}

/** Sends a backup code. */
export function verifyBackup(browser, body, options) {
  return browser.post("/two-factor/verify-backup-code", body, options);
}

/** Another browser, signed in with a backup code: they are valid without waiting for a new time step. */
export async function signedIn(at, user, { body, code = {}, browser } = {}) {
  const there = await challenged(at, user, body, browser);
  there.token = (await verifyBackup(there, { code: user.backupCodes.pop(), ...code })).json?.token;
  return there;
}
