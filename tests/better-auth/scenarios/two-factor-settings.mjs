// Settings that concern the second factor: no mail, providers, cookies, and rate limits.

import { PASSWORD } from "../browser.mjs";
import {
  challenged, enable, enrolled, enrolledByMail, mailedCode, signedIn, verify, verifyBackup, verifyMailed,
} from "../second-factor.mjs";
import { begin, beginLink, idToken, signInBy, verifiedUser } from "../sign-in-by.mjs";

const withoutMail = {
  "without mail: codes by mail": async (at) => {
    const ada = await at.user();
    await ada.post("/two-factor/enable", { password: PASSWORD, method: "otp" });
    await ada.post("/two-factor/enable", { password: "wrong password", method: "otp" });
    await ada.post("/two-factor/send-otp");
    await ada.post("/two-factor/verify-otp", { code: "123456" });
    await ada.get("/get-session");
  },
  "without mail: codes by mail for nobody": async (at) => {
    await at.post("/two-factor/send-otp", {});
    await at.post("/two-factor/verify-otp", { code: "123456" });
  },
  "without mail: an authenticator app": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    await there.post("/two-factor/send-otp");
    await there.post("/two-factor/verify-otp", { code: "123456" });
    await verify(there, { code: await ada.authenticator.next() });
    await there.get("/get-session");
  },
  "without mail: a backup code, and trust": async (at) => {
    const there = await signedIn(at, await enrolled(at), { code: { trustDevice: true } });
    await there.post("/sign-in/email", { email: there.email, password: PASSWORD });
  },
};

/** A user who signed up with a provider and has an authenticator app, but no password. */
const enrolledBy = async (at, provider) => {
  const ada = await signInBy(at, provider);
  const { json } = await ada.get("/get-session");
  Object.assign(ada, { id: json.user.id, email: at.email("ada"), password: undefined });
  await enable(ada);
  await verify(ada, { code: await ada.authenticator.next() });
  return ada;
};
const back = async (at, provider, browser) => {
  const ada = await signInBy(at, provider, {}, { browser });
  await ada.get("/get-session");
  return ada;
};

const social = {
  "social: a user without a password": async (at) => {
    const ada = await enrolledBy(at, "google");
    await ada.get("/get-session");
    await ada.post("/two-factor/get-totp-uri", {});
    await ada.post("/two-factor/get-totp-uri", { password: "any password" });
    await ada.post("/two-factor/generate-backup-codes", {});
    await ada.post("/two-factor/disable", {});
    await ada.get("/get-session");
  },
  "social: codes by mail, without a password": async (at) => {
    const ada = await signInBy(at, "google");
    await ada.post("/two-factor/enable", { method: "otp" });
    await ada.post("/two-factor/enable", { method: "otp", password: "any password" });
    await ada.get("/get-session");
  },
  "social: a sign-in": async (at) => {
    await enrolledBy(at, "google");
    await back(at, "google");
  },
  "social: a sign-in by an ID token": async (at) => {
    await enrolledBy(at, "google");
    const token = await idToken(at, "google");
    const there = at.browser();
    await there.post("/sign-in/social", { provider: "google", idToken: { token } });
    await there.get("/get-session");
  },
  "social: a sign-in in a browser with a challenge": async (at) => {
    const ada = await verifiedUser(at);
    await (await beginLink(at, ada, "google")).back();
    await enable(ada);
    await verify(ada, { code: await ada.authenticator.next() });
    const there = await challenged(at, ada);
    await back(at, "google", there);
    await verifyBackup(there, { code: ada.backupCodes[0] });
  },
  "social: linking an account": async (at) => {
    const ada = await enrolled(at);
    await at.rows.verify(ada.email);
    await (await beginLink(at, ada, "google")).back();
    await ada.get("/get-session");
    await ada.get("/list-accounts");
  },
  "social: a known email whose user has a second factor": async (at) => {
    const ada = await enrolled(at);
    await at.rows.verify(ada.email);
    await back(at, "google");
  },
};

/** With a second factor, auth-service asks for it at every way to sign in. */
const everyWay = {
  "every way: a provider": async (at) => {
    await enrolledBy(at, "google");
    const trip = await begin(at, "google");
    await trip.back();
    await trip.browser.get("/get-session");
  },
  "every way: a provider, with a page for errors and for new users": async (at) => {
    await enrolledBy(at, "google");
    const urls = { callbackURL: "/there?tab=1", errorCallbackURL: "/sign-in", newUserCallbackURL: "/welcome" };
    const trip = await begin(at, "google", urls);
    await trip.back();
  },
  "every way: an ID token": async (at) => {
    await enrolledBy(at, "google");
    const there = at.browser();
    await there.post("/sign-in/social", { provider: "google", idToken: { token: await idToken(at, "google") } });
    await there.get("/get-session");
  },
  "every way: a verified email": async (at) => {
    const ada = await enrolled(at);
    await at.post("/send-verification-email", { email: ada.email, callbackURL: "/welcome" });
    const { path } = await at.mail(ada.email);
    await ada.post("/sign-out");
    await ada.open(path);
    await ada.get("/get-session");
  },
};

const cookies = {
  "cookies: from enabling to a trusted device": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    await verify(there, { code: await ada.authenticator.next(), trustDevice: true });
    await there.get("/get-session");
    await there.post("/sign-in/email", { email: ada.email, password: PASSWORD });
    await there.post("/two-factor/disable", { password: PASSWORD });
    await there.post("/sign-out");
  },
  "cookies: not remembered": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada, { rememberMe: false });
    await verify(there, { code: await ada.authenticator.next() });
    await there.get("/get-session");
  },
  "cookies: trust that has expired": async (at) => {
    const there = await signedIn(at, await enrolled(at), { code: { trustDevice: true } });
    await at.rows.expireTrust(there);
    await there.post("/sign-in/email", { email: there.email, password: PASSWORD });
  },
  "cookies: guesses": async (at) => {
    const there = await challenged(at, await enrolled(at));
    for (let count = 0; count < 6; count += 1) await verifyBackup(there, { code: "aaaaa-aaaaa" });
  },
  "cookies: under other names": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    for (const prefix of ["__Secure-better-auth", "better-auth", "house", "__Host-house"]) {
      const cookie = there.cookie.replace("__Secure-house", prefix);
      await verifyBackup(at.browser(), { code: ada.backupCodes[0] }, { headers: { cookie } });
    }
  },
};

/** Sends requests from an IP address of this scenario until one is refused, and one more. */
const until = (limit, ask) => async (at) => {
  const headers = { "x-forwarded-for": `192.0.2.${at.number % 250}` };
  for (let count = 0; count < limit + 2; count += 1) await ask(at, headers, count);
};
const PATHS = [
  "enable", "disable", "get-totp-uri", "generate-backup-codes", "verify-totp", "send-otp", "verify-otp", "verify-backup-code",
];

const limits = {
  ...Object.fromEntries(
    PATHS.map((name) => [`limits: three of ${name}`, until(3, (at, headers) => at.post(`/two-factor/${name}`, {}, { headers }))]),
  ),
  "limits: one of each": async (at) => {
    const headers = { "x-forwarded-for": "192.0.2.251" };
    for (const name of PATHS) await at.post(`/two-factor/${name}`, {}, { headers });
  },
  "limits: requests that are refused count too": until(3, (at, headers) =>
    at.send("POST", "/two-factor/verify-totp", { text: "{", type: "application/json", headers }),
  ),
  "limits: an address's limit is its own": async (at) => {
    const ask = (address) => at.post("/two-factor/verify-otp", { code: "123456" }, { headers: { "x-forwarded-for": address } });
    for (let count = 0; count < 4; count += 1) await ask("192.0.2.252");
    await ask("192.0.2.253");
  },
  "limits: a sign-in with a challenge": async (at) => {
    at.spread();
    const ada = await enrolledByMail(at);
    const { browser: there, code } = await mailedCode(at, ada);
    await verifyMailed(there, { code, trustDevice: true });
    await there.post("/sign-in/email", { email: ada.email, password: PASSWORD });
    await there.get("/get-session");
  },
};

export default {
  "two-factor-without-mail": withoutMail,
  "two-factor-social": social,
  "two-factor-every-way": everyWay,
  "two-factor-cookies": cookies,
  "two-factor-limits": limits,
};
