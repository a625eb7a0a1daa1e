// Enabling and disabling the second factor, and what a signed-in user manages: the TOTP URI and the backup codes.

import { PASSWORD } from "../browser.mjs";
import {
  challenged, enable, enrolled, enrolledByMail, mailedCode, signedIn, verify, verifyBackup, verifyMailed,
} from "../second-factor.mjs";

const MANAGED = ["enable", "disable", "get-totp-uri", "generate-backup-codes"];
const WRONG_PASSWORDS = ["wrong password", "", "x".repeat(129), undefined];
const path = (name) => `/two-factor/${name}`;

const enabling = {
  "enable: an authenticator app": async (at) => {
    const ada = await enable(await at.user());
    await ada.get("/get-session");
    await verify(ada, { code: await ada.authenticator.next() });
    await ada.get("/get-session");
    await ada.get("/list-sessions");
  },
  "enable: the method by name": async (at) => {
    const ada = await enable(await at.user(), { method: "totp" });
    await verify(ada, { code: await ada.authenticator.next() });
  },
  "enable: codes by mail": async (at) => {
    const ada = await at.user();
    const { cookie } = ada;
    await ada.post("/two-factor/enable", { password: PASSWORD, method: "otp" });
    await ada.get("/get-session");
    await ada.get("/list-sessions");
    await at.get("/get-session", { headers: { cookie } });
  },
  "enable: codes by mail, twice": async (at) => {
    const ada = await enrolledByMail(at);
    await ada.post("/two-factor/enable", { password: PASSWORD, method: "otp" });
    await ada.get("/get-session");
  },
  "enable: an authenticator app after codes by mail": async (at) => {
    const ada = await enable(await enrolledByMail(at));
    await verify(ada, { code: ada.authenticator.wrong() });
    await verify(ada, { code: await ada.authenticator.next() });
    await challenged(at, ada);
  },
  "enable: codes by mail after an authenticator app": async (at) => {
    const ada = await enrolled(at);
    await ada.post("/two-factor/enable", { password: PASSWORD, method: "otp" });
    await challenged(at, ada);
  },
  "enable: codes by mail, by verifying one": async (at) => {
    const ada = await at.user();
    const { cookie } = ada;
    const { code } = await mailedCode(at, ada, { browser: ada });
    await verifyMailed(ada, { code });
    await ada.get("/get-session");
    await at.get("/get-session", { headers: { cookie } });
  },
  "enable: twice before the first code": async (at) => {
    const ada = await enable(await at.user());
    const first = await ada.authenticator.next();
    await enable(ada);
    await verify(ada, { code: first });
    await verify(ada, { code: await ada.authenticator.next() });
  },
  "enable: twice": async (at) => {
    const ada = await enrolled(at);
    await ada.post("/two-factor/enable", { password: PASSWORD });
    await ada.post("/two-factor/enable", { password: "wrong password" });
  },
  "enable: an issuer": async (at) => {
    const ada = await at.user();
    for (const issuer of ["House", "", "a b&c=d/e?f#g:h+i%", "Ä 密", "x".repeat(100)]) await enable(ada, { issuer });
  },
  "enable: a long issuer": async (at) => {
    const ada = await at.user();
    await ada.post("/two-factor/enable", { password: PASSWORD, issuer: "x".repeat(101) });
  },
  "enable: an email with a plus": async (at) => {
    await enable(await at.user("ada+second'factor"));
  },
  "enable: the first code is wrong": async (at) => {
    const ada = await enable(await at.user());
    for (let count = 0; count < 6; count += 1) await verify(ada, { code: ada.authenticator.wrong() });
    await ada.get("/get-session");
    await verify(ada, { code: await ada.authenticator.next() });
  },
  "enable: the first code is a backup code": async (at) => {
    const ada = await enable(await at.user());
    await verifyBackup(ada, { code: ada.backupCodes[0] });
    await ada.get("/get-session");
    await challenged(at, ada);
  },
  "enable: the first code with trust": async (at) => {
    const ada = await enable(await at.user());
    await verify(ada, { code: await ada.authenticator.next(), trustDevice: true });
  },
  "enable: a sign-in before the first code": async (at) => {
    const ada = await enable(await at.user());
    const there = await at.elsewhere(ada);
    await there.get("/get-session");
    await verify(there, { code: await ada.authenticator.next() });
    await there.get("/get-session");
    await ada.get("/get-session");
  },
  "enable: the other sessions": async (at) => {
    const ada = await at.user();
    const there = await at.elsewhere(ada);
    const { cookie } = ada;
    await enable(ada);
    await verify(ada, { code: await ada.authenticator.next() });
    await there.get("/get-session");
    await at.get("/get-session", { headers: { cookie } });
  },
  "enable: a session that is not remembered": async (at) => {
    const ada = await enable(await at.user("ada", { rememberMe: false }));
    await verify(ada, { code: await ada.authenticator.next() });
    await ada.get("/get-session");
  },
  "enable: with a bearer token": async (at) => {
    const ada = await at.user();
    const headers = { authorization: `Bearer ${ada.token}` };
    await at.post("/two-factor/enable", { password: PASSWORD, method: "otp" }, { headers });
    await at.get("/get-session", { headers });
  },
};

const disabling = {
  "disable: an authenticator app": async (at) => {
    const ada = await enrolled(at);
    const { cookie } = ada;
    await ada.post("/two-factor/disable", { password: PASSWORD });
    await ada.get("/get-session");
    await at.get("/get-session", { headers: { cookie } });
    await at.elsewhere(ada);
    await ada.post("/two-factor/get-totp-uri", { password: PASSWORD });
  },
  "disable: codes by mail": async (at) => {
    const ada = await enrolledByMail(at);
    await ada.post("/two-factor/disable", { password: PASSWORD });
    await at.elsewhere(ada);
  },
  "disable: the other sessions": async (at) => {
    const ada = await enrolled(at);
    const there = await signedIn(at, ada);
    await ada.post("/two-factor/disable", { password: PASSWORD });
    await there.get("/get-session");
  },
  "disable: before the first code": async (at) => {
    const ada = await enable(await at.user());
    await ada.post("/two-factor/disable", { password: PASSWORD });
    await verify(ada, { code: await ada.authenticator.next() });
  },
  "disable: a pending challenge": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    await ada.post("/two-factor/disable", { password: PASSWORD });
    await verify(there, { code: await ada.authenticator.next() });
    await verifyBackup(there, { code: ada.backupCodes[0] });
  },
  "disable: and enable again": async (at) => {
    const ada = await enrolled(at);
    const backup = ada.backupCodes[0];
    await ada.post("/two-factor/disable", { password: PASSWORD });
    await enable(ada);
    await verify(ada, { code: await ada.authenticator.next() });
    await verifyBackup(await challenged(at, ada), { code: backup });
  },
  "disable: never enabled": async (at) => {
    const ada = await at.user();
    await ada.post("/two-factor/disable", { password: PASSWORD });
    await ada.get("/get-session");
  },
};

const managing = {
  "get-totp-uri: of an authenticator app": async (at) => {
    const ada = await enrolled(at);
    await ada.post("/two-factor/get-totp-uri", { password: PASSWORD });
  },
  "get-totp-uri: the issuer of the settings": async (at) => {
    const ada = await enable(await at.user(), { issuer: "House" });
    await verify(ada, { code: await ada.authenticator.next() });
    await ada.post("/two-factor/get-totp-uri", { password: PASSWORD, issuer: "House" });
  },
  "get-totp-uri: before the first code": async (at) => {
    const ada = await enable(await at.user());
    await ada.post("/two-factor/get-totp-uri", { password: PASSWORD });
  },
  "get-totp-uri: of codes by mail": async (at) => {
    const ada = await enrolledByMail(at);
    await ada.post("/two-factor/get-totp-uri", { password: PASSWORD });
  },
  "get-totp-uri: the email has changed": async (at) => {
    const ada = await enrolled(at);
    await ada.post("/change-email", { newEmail: at.email("countess") });
    await ada.open((await at.mail(at.email("countess"))).path);
    await ada.post("/two-factor/get-totp-uri", { password: PASSWORD });
  },
  "generate-backup-codes: new ones": async (at) => {
    const ada = await enrolled(at);
    const { json } = await ada.post("/two-factor/generate-backup-codes", { password: PASSWORD });
    const there = await challenged(at, ada);
    await verifyBackup(there, { code: ada.backupCodes[0] });
    await verifyBackup(there, { code: json.backupCodes[0] });
  },
  "generate-backup-codes: before the first code": async (at) => {
    const ada = await enable(await at.user());
    await ada.post("/two-factor/generate-backup-codes", { password: PASSWORD });
  },
  "generate-backup-codes: for codes by mail": async (at) => {
    const ada = await enrolledByMail(at);
    await ada.post("/two-factor/generate-backup-codes", { password: PASSWORD });
  },
};

const everywhere = {};
for (const name of MANAGED) {
  everywhere[`${name}: no session`] = async (at) => {
    await at.post(path(name), { password: PASSWORD });
    await at.browser().post(path(name), { password: PASSWORD });
  };
  everywhere[`${name}: never enabled`] = async (at) => {
    const ada = await at.user();
    await ada.post(path(name), { password: PASSWORD });
  };
  everywhere[`${name}: wrong passwords`] = async (at) => {
    const ada = name === "enable" ? await at.user() : await enrolled(at);
    for (const password of WRONG_PASSWORDS) await ada.post(path(name), { password });
    await ada.get("/get-session");
  };
  everywhere[`${name}: wrong passwords, never enabled`] = async (at) => {
    const ada = await at.user();
    for (const password of WRONG_PASSWORDS) await ada.post(path(name), { password });
  };
  everywhere[`${name}: a challenge is no session`] = async (at) => {
    const there = await challenged(at, await enrolled(at));
    await there.post(path(name), { password: PASSWORD });
  };
  everywhere[`${name}: a user without a password`] = async (at) => {
    const ada = name === "enable" ? await at.user() : await enrolled(at);
    await at.rows.forgetPassword(ada);
    await ada.post(path(name), {});
    await ada.post(path(name), { password: PASSWORD });
  };
  everywhere[`${name}: a session that is a day old`] = async (at) => {
    const ada = name === "enable" ? await at.user() : await enrolled(at);
    await at.rows.age(ada.token, "25 hours");
    await ada.post(path(name), { password: PASSWORD });
    await ada.get("/get-session");
  };
}

const provingInOldSessions = {
  "send-otp: a session that is a day old": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "25 hours");
    await ada.post("/two-factor/send-otp", {});
  },
  "verify-otp: a session that is a day old": async (at) => {
    const ada = await at.user();
    const { code } = await mailedCode(at, ada, { browser: ada });
    await at.rows.age(ada.token, "25 hours");
    await verifyMailed(ada, { code });
  },
  "verify-totp: a session that is a day old": async (at) => {
    const ada = await enable(await at.user());
    await at.rows.age(ada.token, "25 hours");
    await verify(ada, { code: await ada.authenticator.next() });
  },
};

export default { "two-factor": { ...enabling, ...disabling, ...managing, ...everywhere, ...provingInOldSessions } };
