// Signing in with a second factor: the challenge, what it starts and what a session beside it means.

import { PASSWORD } from "../browser.mjs";
import {
  challenged, enrolled, enrolledByMail, mailedCode, signedIn, verify, verifyBackup, verifyMailed,
} from "../second-factor.mjs";

const NEW = "another horse 2";

/** A sign-in with a challenge, and what follows once the factor is verified. */
const throughChallenge = (body) => async (at) => {
  const ada = await enrolled(at);
  const there = await challenged(at, ada, body);
  await there.get("/get-session");
  await verify(there, { code: await ada.authenticator.next() });
  await there.get("/get-session");
};

const challenges = {
  "an authenticator app": throughChallenge({}),
  "a code by mail": async (at) => {
    const ada = await enrolledByMail(at);
    const { browser, code } = await mailedCode(at, ada);
    await verifyMailed(browser, { code });
    await browser.get("/get-session");
    await browser.get("/list-sessions");
  },
  "a code by mail, with an authenticator app": async (at) => {
    const ada = await enrolled(at);
    const { browser, code } = await mailedCode(at, ada);
    await verifyMailed(browser, { code });
    await browser.get("/get-session");
  },
  "a backup code": async (at) => {
    const ada = await enrolled(at);
    const there = await signedIn(at, ada);
    await there.get("/get-session");
  },
  "a wrong password": async (at) => {
    const ada = await enrolled(at);
    await challenged(at, ada, { password: "wrong password" });
  },
  "not remembered": throughChallenge({ rememberMe: false }),
  "remembered": throughChallenge({ rememberMe: true }),
  "not remembered, then remembered": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada, { rememberMe: false });
    await challenged(at, ada, {}, there);
    await verify(there, { code: await ada.authenticator.next() });
    await there.get("/get-session");
  },
  "a callback": throughChallenge({ callbackURL: "/there" }),
  "a callback that is not trusted": throughChallenge({ callbackURL: "https://evil.example.com/" }),
  "what changed before": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    await ada.post("/update-user", { name: "Countess" });
    await verify(there, { code: await ada.authenticator.next() });
  },
  "the sessions that the user sees": async (at) => {
    const ada = await enrolled(at);
    await challenged(at, ada);
    await ada.get("/list-sessions");
    await signedIn(at, ada);
    await ada.get("/list-sessions");
  },
  "two challenges in one browser": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    const { cookie } = there;
    await challenged(at, ada, {}, there);
    await verify(there, { code: ada.authenticator.wrong() });
    await verifyBackup(at.browser(), { code: ada.backupCodes[0] }, { headers: { cookie } });
    await verifyBackup(there, { code: ada.backupCodes[1] });
  },
  "the challenge of another user": async (at) => {
    const [ada, grace] = [await enrolled(at), await enrolled(at, "grace")];
    await verify(await challenged(at, ada), { code: await grace.authenticator.next() });
    await verifyBackup(await challenged(at, ada), { code: grace.backupCodes[0] });
  },
  "another user signs in": async (at) => {
    const ada = await enrolled(at);
    const grace = await at.user("grace");
    const there = await challenged(at, ada);
    await there.post("/sign-in/email", { email: grace.email, password: PASSWORD });
    await verify(there, { code: await ada.authenticator.next() });
    await there.get("/get-session");
  },
};

/** The requests that a browser with a challenge, and no session, sends. */
const withoutSession = {};
for (const [method, path, body] of [
  ["GET", "/get-session"], ["GET", "/list-sessions"], ["GET", "/token"], ["GET", "/list-accounts"],
  ["POST", "/update-user", { name: "Countess" }],
  ["POST", "/change-password", { currentPassword: PASSWORD, newPassword: NEW }],
  ["POST", "/change-email", { newEmail: "countess@example.com" }],
  ["POST", "/delete-user", { password: PASSWORD }],
  ["POST", "/verify-password", { password: PASSWORD }],
  ["POST", "/revoke-sessions", {}],
]) {
  withoutSession[`a challenge is no session: ${path}`] = async (at) => {
    const there = await challenged(at, await enrolled(at));
    await there.send(method, path, { body });
  };
}

const beside = {
  "sign-out: a pending challenge": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    const { cookie } = there;
    await there.post("/sign-out");
    await verify(there, { code: await ada.authenticator.next() });
    await verifyBackup(at.browser(), { code: ada.backupCodes[0] }, { headers: { cookie } });
  },
  "sign-out: after it": async (at) => {
    const there = await signedIn(at, await enrolled(at));
    await there.post("/sign-out");
    await there.get("/get-session");
  },
  "session: the browser of the same user signs in again": async (at) => {
    const ada = await enrolled(at);
    const { cookie } = ada;
    await challenged(at, ada, {}, ada);
    await ada.get("/get-session");
    await at.get("/get-session", { headers: { cookie } });
    await verify(ada, { code: await ada.authenticator.next() });
    await ada.get("/get-session");
    await at.get("/get-session", { headers: { cookie } });
  },
  "session: the same user's, beside the challenge": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    const headers = { cookie: `${there.cookie}; ${ada.cookie}` };
    await verify(there, { code: await ada.authenticator.next() }, { headers });
    await there.get("/get-session");
  },
  "session: another user's, beside the challenge": async (at) => {
    const [ada, grace] = [await enrolled(at), await enrolled(at, "grace")];
    const there = await challenged(at, ada);
    const headers = { cookie: `${there.cookie}; ${grace.cookie}` };
    await verify(there, { code: await ada.authenticator.next() }, { headers });
    await there.get("/get-session");
  },
  "session: another user's without a second factor, beside the challenge": async (at) => {
    const [ada, grace] = [await enrolled(at), await at.user("grace")];
    const there = await challenged(at, ada);
    const headers = { cookie: `${there.cookie}; ${grace.cookie}` };
    await verify(there, { code: await ada.authenticator.next() }, { headers });
    await verifyBackup(there, { code: ada.backupCodes[0] }, { headers });
  },
  "session: one that has ended, beside the challenge": async (at) => {
    const ada = await enrolled(at);
    const { cookie } = ada;
    const there = await challenged(at, ada);
    await ada.post("/sign-out");
    await verify(there, { code: await ada.authenticator.next() }, { headers: { cookie: `${there.cookie}; ${cookie}` } });
    await there.get("/get-session");
  },
  "session: verifies a code, and keeps its session": async (at) => {
    const ada = await enrolled(at);
    await verify(ada, { code: await ada.authenticator.next() });
    await verifyBackup(ada, { code: ada.backupCodes[0] });
    await ada.get("/list-sessions");
  },
  "bearer: no token before the factor": async (at) => {
    const ada = await enrolled(at);
    await at.post("/sign-in/email", { email: ada.email, password: PASSWORD });
  },
  "bearer: the token of the verified factor": async (at) => {
    const there = await signedIn(at, await enrolled(at));
    await at.get("/get-session", { headers: { authorization: `Bearer ${there.token}` } });
    await at.get("/get-session", { headers: { authorization: `Bearer ${there.value("session_token")}` } });
  },
  "bearer: the challenge is no token": async (at) => {
    const there = await challenged(at, await enrolled(at));
    await at.get("/get-session", { headers: { authorization: `Bearer ${there.value("two_factor")}` } });
  },
  "bearer: signed in again with a token": async (at) => {
    const ada = await enrolled(at);
    const headers = { authorization: `Bearer ${ada.token}` };
    await at.post("/sign-in/email", { email: ada.email, password: PASSWORD }, { headers });
    await at.get("/get-session", { headers });
  },
};

const changes = {
  "changes: a password changed with a pending challenge": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    await ada.post("/change-password", { currentPassword: PASSWORD, newPassword: NEW });
    await verifyBackup(there, { code: ada.backupCodes[0] });
  },
  "changes: a password changed, and the other sessions ended, with a pending challenge": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    await ada.post("/change-password", { currentPassword: PASSWORD, newPassword: NEW, revokeOtherSessions: true });
    await verifyBackup(there, { code: ada.backupCodes[0] });
  },
  "changes: every session ended with a pending challenge": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    await ada.post("/revoke-sessions");
    await verifyBackup(there, { code: ada.backupCodes[0] });
  },
  "changes: a reset with a pending challenge": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    await at.post("/request-password-reset", { email: ada.email, redirectTo: "/reset" });
    await at.browser().post("/reset-password", { token: (await at.mail(ada.email)).token, newPassword: NEW });
    await verifyBackup(there, { code: ada.backupCodes[0] });
  },
  "changes: a sign-in after a reset": async (at) => {
    const ada = await enrolled(at);
    await at.post("/request-password-reset", { email: ada.email, redirectTo: "/reset" });
    await at.browser().post("/reset-password", { token: (await at.mail(ada.email)).token, newPassword: NEW });
    const there = await challenged(at, ada, { password: NEW });
    await there.post("/two-factor/send-otp");
    await verify(there, { code: await ada.authenticator.next() });
  },
  "changes: a sign-in by mail alone after a reset": async (at) => {
    const ada = await enrolledByMail(at);
    await at.post("/request-password-reset", { email: ada.email, redirectTo: "/reset" });
    await at.browser().post("/reset-password", { token: (await at.mail(ada.email)).token, newPassword: NEW });
    const there = await challenged(at, ada, { password: NEW });
    await there.post("/two-factor/send-otp");
  },
  "changes: the user is gone": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    await ada.post("/delete-user", { password: PASSWORD });
    await verify(there, { code: await ada.authenticator.next() });
    await there.post("/two-factor/send-otp");
    await verifyBackup(there, { code: ada.backupCodes[0] });
  },
  "changes: the user signs up again": async (at) => {
    const ada = await enrolled(at);
    await ada.post("/delete-user", { password: PASSWORD });
    const again = await at.user();
    await again.post("/two-factor/get-totp-uri", { password: PASSWORD });
    await at.elsewhere(again);
  },
  "changes: update-user of the flag itself": async (at) => {
    const ada = await enrolled(at);
    await ada.post("/update-user", { twoFactorEnabled: false });
    await ada.post("/update-user", { name: "Countess", twoFactorEnabled: false });
    await ada.get("/get-session");
    const grace = { name: "Grace", email: at.email("grace"), password: PASSWORD };
    await at.browser().post("/sign-up/email", { ...grace, twoFactorEnabled: true });
  },
};

export default { "two-factor": { ...challenges, ...withoutSession, ...beside, ...changes } };
