// Codes in mail.

import { PASSWORD } from "../browser.mjs";
import { clientOf } from "../client.mjs";

const NEW = "another horse 2";
const SEND = "/email-otp/send-verification-otp";
/** A code that is not this one. */
const wrong = (code) => (code.startsWith("0") ? "1" : "0") + code.slice(1);

/** Requests a code for an email, which gets its `count`th. */
const code = async (at, email, type, count = 1) => {
  await at.post(SEND, { email, type });
  return at.code(email, count);
};

const VALUES = [undefined, null, 1, true, [], {}];
/** Bodies in which one member after another has a value of another type. */
const spoiled = (body) =>
  Object.keys(body).flatMap((name) => VALUES.map((value) => ({ ...body, [name]: value })));
const bodies = (path, body) => async (at) => {
  for (const each of [...spoiled(body), [], "x", null, 1]) await at.post(path, each);
  await at.post(path, undefined, { text: "{", type: "application/json" });
  await at.post(path, undefined, { text: "email=a@b.co", type: "application/x-www-form-urlencoded" });
};
/** The same as a signed-in user. */
const ownBodies = (path, body) => async (at) => {
  const ada = await at.user();
  for (const each of spoiled(body)) await ada.post(path, each);
};
const EMAIL = "nobody@example.com";

const signingIn = {
  "a new user": async (at) => {
    const email = at.email("ada");
    const otp = await code(at, email, "sign-in");
    const ada = at.browser();
    await ada.post("/sign-in/email-otp", { email: email.toUpperCase(), otp, name: "Ada", image: "/ada.png" });
    await ada.get("/get-session");
    await ada.post("/sign-in/email-otp", { email, otp });
  },
  "a known user": async (at) => {
    const ada = await at.user();
    await at.rows.verify(ada.email);
    const otp = await code(at, ada.email, "sign-in");
    const there = at.browser();
    await there.post("/sign-in/email-otp", { email: ada.email, otp });
    await there.get("/get-session");
    await ada.get("/get-session");
  },
  "an account whose email was not verified": async (at) => {
    const stranger = await at.user();
    const otp = await code(at, stranger.email, "sign-in");
    await at.browser().post("/sign-in/email-otp", { email: stranger.email, otp });
    await stranger.get("/get-session");
    await at.elsewhere(stranger);
  },
  "wrong codes": async (at) => {
    const email = at.email("ada");
    const otp = await code(at, email, "sign-in");
    for (let count = 0; count < 5; count += 1) await at.post("/sign-in/email-otp", { email, otp: wrong(otp) });
    await at.post("/sign-in/email-otp", { email, otp });
    await at.post("/sign-in/email-otp", { email: at.email("nobody"), otp: "123456" });
    await at.post("/sign-in/email-otp", { email: "nonsense", otp: "123456" });
    await at.post("/sign-in/email-otp", { email, otp: "" });
  },
  "a code that was replaced": async (at) => {
    const email = at.email("ada");
    await code(at, email, "sign-in");
    const otp = await code(at, email, "sign-in", 2);
    await at.browser().post("/sign-in/email-otp", { email, otp });
  },
  "guesses at a code that nobody gets": async (at) => {
    const email = at.email("nobody");
    await at.post(SEND, { email, type: "forget-password" });
    const check = () => at.post("/email-otp/check-verification-otp", { email, type: "forget-password", otp: "1234567" });
    for (let count = 0; count < 5; count += 1) await check();
  },
  "a code for something else": async (at) => {
    const ada = await at.user();
    const otp = await code(at, ada.email, "forget-password");
    await at.post("/sign-in/email-otp", { email: ada.email, otp });
  },
  "requests that send nothing": async (at) => {
    await at.post(SEND, { email: at.email("nobody"), type: "forget-password" });
    await at.post(SEND, { email: at.email("nobody"), type: "email-verification" });
    await at.post(SEND, { email: at.email("nobody"), type: "change-email" });
    await at.post(SEND, { email: "nonsense", type: "sign-in" });
    await at.post(SEND, { email: "nonsense", type: "nonsense" });
  },
  "origins that are not trusted": async (at) => {
    const evil = { origin: "https://evil.example" };
    const cookie = { ...evil, cookie: "better-auth.session_token=a" };
    for (const headers of [evil, cookie, { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }]) {
      await at.post(SEND, { email: at.email("ada"), type: "forget-password" }, { headers });
      await at.post("/sign-in/email-otp", { email: at.email("ada"), otp: "123456" }, { headers });
      await at.post("/email-otp/verify-email", { email: at.email("ada"), otp: "123456" }, { headers });
    }
  },
  "other endpoints, from origins that are not trusted": async (at) => {
    const ada = await at.user();
    const otp = await code(at, ada.email, "forget-password");
    const requests = {
      "/email-otp/check-verification-otp": { email: ada.email, type: "forget-password", otp },
      "/email-otp/request-password-reset": { email: ada.email },
      "/forget-password/email-otp": { email: ada.email },
      "/email-otp/reset-password": { email: ada.email, otp, password: NEW },
      "/email-otp/request-email-change": { newEmail: at.email("new") },
      "/email-otp/change-email": { newEmail: at.email("new"), otp },
    };
    for (const [path, body] of Object.entries(requests)) {
      await ada.post(path, body, { headers: { origin: "https://evil.example" } });
      await at.post(path, body, { headers: { origin: "https://evil.example" } });
    }
  },
  "the official client": async (at) => {
    const { call } = clientOf(at);
    const email = at.email("ada");
    await call("emailOtp.sendVerificationOtp", { email, type: "sign-in" });
    const otp = await at.code(email);
    await call("signIn.emailOtp", { email, otp: wrong(otp) });
    await call("signIn.emailOtp", { email, otp, name: "Ada" });
    await call("getSession");
    await call("emailOtp.requestPasswordReset", { email });
    const second = await at.code(email, 2);
    await call("emailOtp.checkVerificationOtp", { email, type: "forget-password", otp: second });
    await call("emailOtp.resetPassword", { email, otp: second, password: NEW });
    await call("signIn.email", { email, password: NEW });
    await call("emailOtp.requestEmailChange", { newEmail: at.email("new") });
    await call("emailOtp.changeEmail", { newEmail: at.email("new"), otp: await at.code(at.email("new")) });
  },
};

const others = {
  "checking a code": async (at) => {
    const ada = await at.user();
    const otp = await code(at, ada.email, "forget-password");
    const check = (more) => at.post("/email-otp/check-verification-otp", { email: ada.email, type: "forget-password", otp, ...more });
    await check();
    await check({ type: "sign-in" });
    await check({ type: "change-email" });
    await check({ otp: wrong(otp) });
    await check();
    await check({ email: "nonsense" });
    const nobody = at.email("nobody");
    const second = await code(at, nobody, "sign-in");
    await at.post("/email-otp/check-verification-otp", { email: nobody, type: "sign-in", otp: second });
  },
  "verifying an email": async (at) => {
    const ada = await at.user();
    const otp = await code(at, ada.email, "email-verification");
    await ada.post("/email-otp/verify-email", { email: ada.email, otp: wrong(otp) });
    await ada.post("/email-otp/verify-email", { email: ada.email, otp });
    await ada.post("/email-otp/verify-email", { email: ada.email, otp });
    await ada.get("/get-session");
    await ada.post("/email-otp/verify-email", { email: "nonsense", otp });
  },
  "verifying an email, by a program that has the code alone": async (at) => {
    const ada = await at.user();
    const otp = await code(at, ada.email, "email-verification");
    await at.post("/email-otp/verify-email", { email: ada.email, otp });
    await ada.get("/get-session");
  },
  "resetting a password": async (at) => {
    const ada = await at.user();
    await at.post("/email-otp/request-password-reset", { email: ada.email });
    const otp = await at.code(ada.email);
    const reset = (more) => at.post("/email-otp/reset-password", { email: ada.email, otp, password: NEW, ...more });
    await reset({ password: "short" });
    await reset({ password: "x".repeat(129) });
    await reset({ otp: wrong(otp) });
    await reset();
    await reset();
    await ada.get("/get-session");
    await at.elsewhere(ada);
    await at.elsewhere(ada, { password: NEW });
    await reset({ email: at.email("nobody") });
    await reset({ email: "nonsense" });
  },
  "resetting a password by the former path": async (at) => {
    const ada = await at.user();
    await at.post("/forget-password/email-otp", { email: ada.email });
    await at.post("/forget-password/email-otp", { email: at.email("nobody") });
    await at.post("/forget-password/email-otp", { email: "nonsense" });
    await at.post("/email-otp/request-password-reset", { email: at.email("nobody") });
    const otp = await at.code(ada.email);
    await at.post("/email-otp/reset-password", { email: ada.email, otp, password: NEW });
    await at.elsewhere(ada, { password: NEW });
  },
  "changing the email": async (at) => {
    const ada = await at.user();
    const grace = await at.user("grace");
    const newEmail = at.email("new");
    await ada.post("/email-otp/request-email-change", { newEmail: ada.email });
    await ada.post("/email-otp/request-email-change", { newEmail: "nonsense" });
    await ada.post("/email-otp/request-email-change", { newEmail: grace.email });
    await ada.post("/email-otp/request-email-change", { newEmail: newEmail.toUpperCase() });
    const otp = await at.code(newEmail);
    await ada.post("/email-otp/change-email", { newEmail: ada.email, otp });
    await ada.post("/email-otp/change-email", { newEmail: "nonsense", otp });
    await ada.post("/email-otp/change-email", { newEmail, otp: wrong(otp) });
    await grace.post("/email-otp/change-email", { newEmail, otp });
    await ada.post("/email-otp/change-email", { newEmail, otp });
    await ada.get("/get-session");
    await ada.post("/email-otp/change-email", { newEmail, otp });
    await at.post("/email-otp/request-email-change", { newEmail });
    await at.post("/email-otp/change-email", { newEmail, otp });
  },
  "a code that is over, to verify an email": async (at) => {
    const ada = await at.user();
    const otp = await code(at, ada.email, "email-verification");
    await at.rows.expireCode("email-verification", ada.email);
    await ada.post("/email-otp/verify-email", { email: ada.email, otp });
    await ada.post("/email-otp/verify-email", { email: ada.email, otp });
    await ada.get("/get-session");
  },
  "a code that is over, to reset a password": async (at) => {
    const ada = await at.user();
    const otp = await code(at, ada.email, "forget-password");
    await at.rows.expireCode("forget-password", ada.email);
    await at.post("/email-otp/reset-password", { email: ada.email, otp, password: NEW });
    await at.post("/email-otp/reset-password", { email: ada.email, otp, password: NEW });
    await ada.get("/get-session");
  },
  "a code that is over, to check": async (at) => {
    const ada = await at.user();
    const otp = await code(at, ada.email, "forget-password");
    await at.rows.expireCode("forget-password", ada.email);
    const check = () => at.post("/email-otp/check-verification-otp", { email: ada.email, type: "forget-password", otp });
    await check();
    await check();
  },
  "a code that is over, to change the email": async (at) => {
    const ada = await at.user();
    const newEmail = at.email("new");
    await ada.post("/email-otp/request-email-change", { newEmail });
    const otp = await at.code(newEmail);
    await at.rows.expireCode("change-email", newEmail, ada);
    await ada.post("/email-otp/change-email", { newEmail, otp });
    await ada.post("/email-otp/change-email", { newEmail, otp });
    await ada.get("/get-session");
  },
  "bodies of requests": bodies(SEND, { email: EMAIL, type: "forget-password" }),
  "bodies of sign-ins": bodies("/sign-in/email-otp", { email: EMAIL, otp: "123456" }),
  "bodies of checks": bodies("/email-otp/check-verification-otp", { email: EMAIL, type: "sign-in", otp: "123456" }),
  "bodies of verifications": bodies("/email-otp/verify-email", { email: EMAIL, otp: "123456" }),
  "bodies of reset requests": bodies("/email-otp/request-password-reset", { email: EMAIL }),
  "bodies of former reset requests": bodies("/forget-password/email-otp", { email: EMAIL }),
  "bodies of resets": bodies("/email-otp/reset-password", { email: EMAIL, otp: "123456", password: PASSWORD }),
  "bodies of change requests": ownBodies("/email-otp/request-email-change", { newEmail: EMAIL, otp: "123456" }),
  "bodies of changes": ownBodies("/email-otp/change-email", { newEmail: EMAIL, otp: "123456" }),
};

const closed = {
  "where nobody can sign up": async (at) => {
    const email = at.email("nobody");
    await at.post(SEND, { email, type: "sign-in" });
    await at.post("/sign-in/email-otp", { email, otp: "123456" });
  },
};

const confirmed = {
  "a code of the current email that is over or was used": async (at) => {
    const ada = await at.user();
    await at.rows.verify(ada.email);
    const newEmail = at.email("new");
    const otp = await code(at, ada.email, "email-verification");
    await at.rows.expireCode("email-verification", ada.email);
    await ada.post("/email-otp/request-email-change", { newEmail, otp });
    const second = await code(at, ada.email, "email-verification", 2);
    await ada.post("/email-otp/request-email-change", { newEmail, otp: second });
    await ada.post("/email-otp/request-email-change", { newEmail, otp: second });
    await ada.post("/email-otp/change-email", { newEmail, otp: await at.code(newEmail) });
  },
  "changing the email with the consent of the current one": async (at) => {
    const ada = await at.user();
    await at.rows.verify(ada.email);
    const newEmail = at.email("new");
    await ada.post("/email-otp/request-email-change", { newEmail });
    const otp = await code(at, ada.email, "email-verification");
    await ada.post("/email-otp/request-email-change", { newEmail, otp: wrong(otp) });
    await ada.post("/email-otp/request-email-change", { newEmail, otp });
    await ada.post("/email-otp/change-email", { newEmail, otp: await at.code(newEmail) });
    await ada.get("/get-session");
  },
  "a code that is over": async (at) => {
    const email = at.email("ada");
    const otp = await code(at, email, "sign-in");
    await at.rows.expireCode("sign-in", email);
    await at.post("/sign-in/email-otp", { email, otp });
    await at.post("/sign-in/email-otp", { email, otp });
  },
};

const limits = {
  "of codes": async (at) => {
    const paths = [
      SEND, "/sign-in/email-otp", "/email-otp/check-verification-otp", "/email-otp/verify-email",
      "/email-otp/request-password-reset", "/forget-password/email-otp", "/email-otp/reset-password",
      "/email-otp/request-email-change", "/email-otp/change-email",
    ];
    for (const path of paths) {
      for (let count = 0; count < 4; count += 1) await at.post(path, {}, { headers: { "x-forwarded-for": "198.51.100.61" } });
    }
  },
};

const off = {
  "where it is off": async (at) => {
    await at.post(SEND, { email: at.email("nobody"), type: "sign-in" });
    await at.post("/sign-in/email-otp", { email: at.email("nobody"), otp: "123456" });
    await at.post("/email-otp/change-email", { newEmail: at.email("nobody"), otp: "123456" });
  },
};

/** Where changing the email is off. */
const unchangeable = {
  "changing the email where that is off": async (at) => {
    const email = at.email("nobody");
    for (const path of ["/email-otp/request-email-change", "/email-otp/change-email"]) await at.post(path, { newEmail: email, otp: "1" });
  },
};

export default {
  "email-otp": { ...signingIn, ...others },
  "email-otp-closed": { ...closed, ...unchangeable },
  "email-otp-confirmed": confirmed,
  "by-email-limits": limits,
  plain: off,
};
