// Devices that a user trusts: they are not asked for the second factor for 30 days.

import { PASSWORD } from "../browser.mjs";
import { challenged, enrolled, enrolledByMail, mailedCode, signedIn, verify, verifyMailed } from "../second-factor.mjs";

const NEW = "another horse 2";

/** Another browser, signed in and trusted. */
const trusted = async (at, user, options = {}) => {
  const code = { code: user.backupCodes.pop(), trustDevice: true };
  return signedIn(at, user, { ...options, code });
};
/** The password in a browser that may be trusted. */
const again = (browser, more = {}) =>
  browser.post("/sign-in/email", { email: browser.email, password: browser.password, ...more });
const trustCookie = (browser) => browser.cookie.split("; ").find((pair) => pair.includes(".trust_device="));

const devices = {
  "an authenticator app": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    await verify(there, { code: await ada.authenticator.next(), trustDevice: true });
    await there.post("/sign-out");
    await again(there);
    await there.get("/get-session");
  },
  "a code by mail": async (at) => {
    const { browser, code } = await mailedCode(at, await enrolledByMail(at));
    await verifyMailed(browser, { code, trustDevice: true });
    await again(browser);
  },
  "a backup code": async (at) => {
    const there = await trusted(at, await enrolled(at));
    await again(there);
  },
  "every sign-in extends the trust": async (at) => {
    const there = await trusted(at, await enrolled(at));
    const first = trustCookie(there);
    await again(there);
    await again(there);
    const body = { email: there.email, password: there.password };
    await at.browser().post("/sign-in/email", body, { headers: { cookie: first } });
  },
  "not asked for": async (at) => {
    const ada = await enrolled(at);
    const there = await signedIn(at, ada, { code: { code: ada.backupCodes.pop(), trustDevice: false } });
    await again(there);
  },
  "not remembered": async (at) => {
    const there = await trusted(at, await enrolled(at), { body: { rememberMe: false } });
    await there.get("/get-session");
    await again(there, { rememberMe: false });
    await there.get("/get-session");
  },
  "a callback": async (at) => {
    const there = await trusted(at, await enrolled(at));
    await again(there, { callbackURL: "/there" });
  },
  "a wrong password": async (at) => {
    const there = await trusted(at, await enrolled(at));
    await again(there, { password: "wrong password" });
    await again(there);
  },
  "in another browser": async (at) => {
    const ada = await enrolled(at);
    await trusted(at, ada);
    await challenged(at, ada);
  },
  "another user's": async (at) => {
    const [ada, grace] = [await enrolled(at), await enrolled(at, "grace")];
    const there = await trusted(at, ada);
    await challenged(at, grace, {}, there);
    await again(Object.assign(there, { email: ada.email }));
  },
  "another user's, without a second factor": async (at) => {
    const ada = await enrolled(at);
    const grace = await at.user("grace");
    const there = await trusted(at, ada);
    await again(there, { email: grace.email });
    await there.post("/sign-out");
    await again(there);
  },
  "expired": async (at) => {
    const there = await trusted(at, await enrolled(at));
    await at.rows.expireTrust(there);
    await again(there);
  },
  "a cookie that nobody signed": async (at) => {
    const ada = await enrolled(at);
    const there = await trusted(at, ada);
    const signed = `${there.value("trust_device")}.${"A".repeat(43)}=`;
    const cookie = `better-auth.trust_device=${encodeURIComponent(signed)}`;
    await at.browser().post("/sign-in/email", { email: ada.email, password: PASSWORD }, { headers: { cookie } });
  },
  "trust without a challenge": async (at) => {
    const ada = await enrolled(at);
    await verify(ada, { code: await ada.authenticator.next(), trustDevice: true });
  },
  "a challenge in a trusted browser": async (at) => {
    const ada = await enrolled(at);
    const there = await trusted(at, ada);
    await at.rows.expireTrust(there);
    await trusted(at, ada, { browser: there });
    await again(there);
  },
};

/** What a trusted browser may do after a change in another one. */
const afterwards = (change, password = PASSWORD) => async (at) => {
  const ada = await enrolled(at);
  const there = await trusted(at, ada);
  await change(at, ada, there);
  await again(there, { password });
};

const changes = {
  "after a sign-out": afterwards((_at, _ada, there) => there.post("/sign-out")),
  "after a changed password": afterwards(
    (_at, ada) => ada.post("/change-password", { currentPassword: PASSWORD, newPassword: NEW }),
    NEW,
  ),
  "after a changed password, of its own": afterwards(
    (_at, _ada, there) => there.post("/change-password", { currentPassword: PASSWORD, newPassword: NEW }),
    NEW,
  ),
  "after a reset": afterwards(async (at, ada) => {
    await at.post("/request-password-reset", { email: ada.email, redirectTo: "/reset" });
    await at.browser().post("/reset-password", { token: (await at.mail(ada.email)).token, newPassword: NEW });
  }, NEW),
  "after every session was ended": afterwards((_at, ada) => ada.post("/revoke-sessions")),
  "after the other sessions were ended": afterwards((_at, ada) => ada.post("/revoke-other-sessions")),
  "after new backup codes": afterwards((_at, ada) => ada.post("/two-factor/generate-backup-codes", { password: PASSWORD })),
  "after it was disabled": afterwards((_at, ada) => ada.post("/two-factor/disable", { password: PASSWORD })),
  "after it was disabled in this browser": afterwards((_at, _ada, there) =>
    there.post("/two-factor/disable", { password: PASSWORD }),
  ),
  "after it was disabled and enabled again": afterwards(async (_at, ada) => {
    await ada.post("/two-factor/disable", { password: PASSWORD });
    await ada.post("/two-factor/enable", { password: PASSWORD, method: "otp" });
  }),
  "after it was disabled in this browser and enabled again": async (at) => {
    const ada = await enrolled(at);
    const there = await trusted(at, ada);
    const trust = trustCookie(there);
    await there.post("/two-factor/disable", { password: PASSWORD });
    await there.post("/two-factor/enable", { password: PASSWORD, method: "otp" });
    await at.browser().post("/sign-in/email", { email: ada.email, password: PASSWORD }, { headers: { cookie: trust } });
  },
  "after a lock": afterwards(async (at, ada) => {
    for (let round = 0; round < 2; round += 1) {
      const guesser = await challenged(at, ada);
      for (let count = 0; count < 5; count += 1) await verify(guesser, { code: ada.authenticator.wrong() });
    }
  }),
};

export default { "two-factor": { ...devices, ...changes } };
