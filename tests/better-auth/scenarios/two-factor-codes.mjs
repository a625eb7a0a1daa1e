// The codes of a second factor: right, wrong, used and expired.

import {
  WRONG_BACKUP, challenged, enable, enrolled, enrolledByMail, mailedCode, otherThan, times, verify, verifyBackup, verifyMailed,
} from "../second-factor.mjs";

/** Strings that are no codes. */
const NO_CODES = ["", " ", "12345", "1234567", "abcdef", "１２３４５６", "-12345", "0x1234", "x".repeat(5000)];
const ENDPOINTS = ["verify-totp", "verify-otp", "verify-backup-code"];
const path = (name) => `/two-factor/${name}`;

const totp = {
  "verify-totp: the steps beside the current one": async (at) => {
    for (const distance of [-1, 1]) {
      const ada = await enable(await at.user(`ada${distance}`));
      await verify(ada, { code: await ada.authenticator.steadyCode(distance) });
    }
  },
  "verify-totp: steps that are further away": async (at) => {
    const ada = await enable(await at.user());
    for (const distance of [-20, -2, 2, 20]) await verify(ada, { code: await ada.authenticator.steadyCode(distance) });
  },
  "verify-totp: a code of the past at a sign-in": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    await verify(there, { code: await ada.authenticator.steadyCode(-2) });
  },
  "verify-totp: the code that enabled it": async (at) => {
    const ada = await enrolled(at);
    await verify(await challenged(at, ada), { code: ada.authenticator.last() });
  },
  "verify-totp: a code twice, in two challenges": async (at) => {
    const ada = await enrolled(at);
    const [one, other] = [await challenged(at, ada), await challenged(at, ada)];
    const code = await ada.authenticator.next();
    await verify(one, { code });
    await verify(other, { code });
  },
  "verify-totp: a code twice, in a session": async (at) => {
    const ada = await enrolled(at);
    const code = await ada.authenticator.next();
    await verify(ada, { code });
    await verify(ada, { code });
  },
  "verify-totp: a code with spaces": async (at) => {
    const ada = await enable(await at.user());
    const code = await ada.authenticator.next();
    for (const spaced of [` ${code}`, `${code.slice(0, 3)} ${code.slice(3)}`, `${code}\n`]) await verify(ada, { code: spaced });
  },
  "verify-totp: never enabled": async (at) => {
    await verify(await at.user(), { code: "123456" });
  },
  "verify-totp: only codes by mail": async (at) => {
    const ada = await enrolledByMail(at);
    await verify(ada, { code: "123456" });
    await verify(await challenged(at, ada), { code: "123456" });
  },
  "verify-totp: an app that is not enabled yet, beside codes by mail": async (at) => {
    const ada = await enable(await enrolledByMail(at));
    await verify(await challenged(at, ada), { code: await ada.authenticator.next() });
    await verifyBackup(await challenged(at, ada), { code: ada.backupCodes[0] });
  },
};

const mailed = {
  "send-otp: for nobody": async (at) => {
    await at.browser().post("/two-factor/send-otp");
    await at.browser().post("/two-factor/send-otp", { trustDevice: true });
  },
  "send-otp: twice": async (at) => {
    const ada = await enrolledByMail(at);
    const { browser, code } = await mailedCode(at, ada);
    const { code: second } = await mailedCode(at, ada, { browser, count: 2 });
    await verifyMailed(browser, { code: otherThan(second) });
    if (code !== second) await verifyMailed(browser, { code });
    await verifyMailed(browser, { code: second });
  },
  "send-otp: after a wrong code": async (at) => {
    const ada = await enrolledByMail(at);
    const { browser, code } = await mailedCode(at, ada);
    await times(5, () => verifyMailed(browser, { code: otherThan(code) }));
    const { code: second } = await mailedCode(at, ada, { browser, count: 2 });
    await verifyMailed(browser, { code: second });
  },
  "send-otp: with trust": async (at) => {
    const ada = await enrolledByMail(at);
    const there = await challenged(at, ada);
    await there.post("/two-factor/send-otp", { trustDevice: true });
    await verifyMailed(there, { code: await at.code(ada.email) });
  },
  "send-otp: without a body": async (at) => {
    const there = await challenged(at, await enrolledByMail(at));
    await there.send("POST", "/two-factor/send-otp");
  },
  "send-otp: to a challenge that has expired": async (at) => {
    const there = await challenged(at, await enrolledByMail(at));
    await at.rows.expireChallenge(there);
    await there.post("/two-factor/send-otp");
  },
  "send-otp: to a challenge that is over": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    const headers = { cookie: there.cookie };
    await verifyBackup(there, { code: ada.backupCodes[0] });
    await at.browser().post("/two-factor/send-otp", {}, { headers });
  },
  "send-otp: in a session": async (at) => {
    const ada = await enrolledByMail(at);
    const { code } = await mailedCode(at, ada, { browser: ada });
    await verifyMailed(ada, { code: otherThan(code) });
    await verifyMailed(ada, { code });
    await ada.get("/list-sessions");
  },
  "send-otp: the email has changed": async (at) => {
    const ada = await enrolledByMail(at);
    await ada.post("/change-email", { newEmail: at.email("countess") });
    await ada.open((await at.mail(at.email("countess"))).path);
    ada.email = at.email("countess");
    const { browser, code } = await mailedCode(at, ada);
    await verifyMailed(browser, { code });
  },
  "verify-otp: none sent": async (at) => {
    const ada = await enrolledByMail(at);
    await verifyMailed(await challenged(at, ada), { code: "123456" });
    await verifyMailed(ada, { code: "123456" });
  },
  "verify-otp: a code of another challenge": async (at) => {
    const ada = await enrolledByMail(at);
    const { code } = await mailedCode(at, ada);
    const there = await challenged(at, ada);
    await verifyMailed(there, { code });
  },
  "verify-otp: a code of another user": async (at) => {
    const [ada, grace] = [await enrolledByMail(at), await enrolledByMail(at, "grace")];
    const { browser, code } = await mailedCode(at, ada);
    const { code: hers } = await mailedCode(at, grace);
    if (code !== hers) await verifyMailed(browser, { code: hers });
  },
  "verify-otp: a code that has expired": async (at) => {
    const { browser, code } = await mailedCode(at, await enrolledByMail(at));
    await at.rows.expireCode(browser);
    await verifyMailed(browser, { code });
  },
  "verify-otp: a code with spaces": async (at) => {
    const { browser, code } = await mailedCode(at, await enrolledByMail(at));
    await verifyMailed(browser, { code: ` ${code}` });
    await verifyMailed(browser, { code });
  },
  "verify-otp: the sixth comparison": async (at) => {
    const { browser, code } = await mailedCode(at, await enrolledByMail(at));
    await times(5, () => verifyMailed(browser, { code: otherThan(code) }));
    await times(2, () => verifyMailed(browser, { code }));
  },
  "verify-otp: the code of the app, and the other way round": async (at) => {
    const ada = await enrolled(at);
    const { browser, code } = await mailedCode(at, ada);
    await verifyMailed(browser, { code: await ada.authenticator.next() });
    await verify(browser, { code });
  },
};

const backup = {
  "verify-backup-code: each works once": async (at) => {
    const ada = await enrolled(at);
    const [code] = ada.backupCodes;
    await verifyBackup(await challenged(at, ada), { code });
    await verifyBackup(await challenged(at, ada), { code });
  },
  "verify-backup-code: all of them": async (at) => {
    const ada = await enrolled(at);
    for (const code of ada.backupCodes) await verifyBackup(ada, { code });
    await verifyBackup(await challenged(at, ada), { code: ada.backupCodes[0] });
  },
  "verify-backup-code: written in another way": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    const [code] = ada.backupCodes;
    const written = [code.replace("-", ""), code.replace("-", " "), ` ${code}`];
    for (const other of written) await verifyBackup(there, { code: other });
  },
  "verify-backup-code: in lower case": async (at) => {
    const ada = await enrolled(at);
    const code = ada.backupCodes.find((one) => /[A-Z]/.test(one));
    await verifyBackup(await challenged(at, ada), { code: code.toLowerCase() });
  },
  "verify-backup-code: disableSession": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    await verifyBackup(there, { code: ada.backupCodes[0], disableSession: true });
    await there.get("/get-session");
    await verifyBackup(there, { code: ada.backupCodes[1], disableSession: false });
    await there.get("/get-session");
  },
  "verify-backup-code: disableSession, in a session": async (at) => {
    const ada = await enrolled(at);
    await verifyBackup(ada, { code: ada.backupCodes[0], disableSession: true });
    await verifyBackup(ada, { code: ada.backupCodes[0] });
  },
  "verify-backup-code: never enabled": async (at) => {
    await verifyBackup(await at.user(), { code: WRONG_BACKUP });
    const grace = await enrolledByMail(at, "grace");
    await verifyBackup(grace, { code: WRONG_BACKUP });
    await verifyBackup(await challenged(at, grace), { code: WRONG_BACKUP });
  },
};

const everyCode = {};
for (const name of ENDPOINTS) {
  everyCode[`${name}: for nobody`] = async (at) => {
    await at.post(path(name), { code: "123456" });
    await at.browser().post(path(name), { code: "123456", trustDevice: true });
    for (const cookie of ["better-auth.two_factor=2fa-one", "better-auth.two_factor=2fa-one.x"]) {
      await at.browser().post(path(name), { code: "123456" }, { headers: { cookie } });
    }
  };
  everyCode[`${name}: strings that are no codes`] = async (at) => {
    const ada = await enrolled(at);
    for (const code of NO_CODES) await ada.post(path(name), { code });
  };
  everyCode[`${name}: a NUL`] = async (at) => {
    const ada = await enrolled(at);
    await ada.post(path(name), { code: "\u0000" });
  };
  everyCode[`${name}: a challenge that has expired`] = async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    await at.rows.expireChallenge(there);
    await there.post(path(name), { code: name === "verify-totp" ? await ada.authenticator.next() : ada.backupCodes[0] });
  };
  everyCode[`${name}: a challenge that is over`] = async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    const headers = { cookie: there.cookie };
    await verifyBackup(there, { code: ada.backupCodes[0] });
    const code = name === "verify-totp" ? await ada.authenticator.next() : ada.backupCodes[1];
    await at.browser().post(path(name), { code }, { headers });
  };
  everyCode[`${name}: the challenge in the cookie of another kind`] = async (at) => {
    const there = await challenged(at, await enrolled(at));
    const cookie = there.cookie.replace("two_factor=", "trust_device=");
    await at.browser().post(path(name), { code: "123456" }, { headers: { cookie } });
  };
}

export default { "two-factor": { ...totp, ...mailed, ...backup, ...everyCode } };
