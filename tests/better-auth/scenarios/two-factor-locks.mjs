// Accounts whose second factor was guessed too often: ten wrong codes lock it for an hour. auth-service counts them only with
// rate limits.

import { PASSWORD } from "../browser.mjs";
import {
  WRONG_BACKUP, challenged, enrolled, enrolledByMail, mailedCode, otherThan, signedIn, times, verify, verifyBackup, verifyMailed,
} from "../second-factor.mjs";

/** Ten wrong codes, five for each of two challenges. */
const locked = async (at, ada, guess) => {
  for (let round = 0; round < 2; round += 1) {
    const there = await challenged(at, ada);
    await times(5, () => guess(there));
  }
};

const limits = {
  "after ten wrong codes of the app": async (at) => {
    const ada = await enrolled(at.spread());
    const waiting = await challenged(at, ada);
    await locked(at, ada, (there) => verify(there, { code: ada.authenticator.wrong() }));
    const code = await ada.authenticator.next();
    for (const there of [waiting, await challenged(at, ada)]) {
      await verify(there, { code });
      await verifyBackup(there, { code: ada.backupCodes[0] });
      await there.post("/two-factor/send-otp");
      await verifyMailed(there, { code: "123456" });
    }
  },
  "after ten wrong backup codes": async (at) => {
    const ada = await enrolled(at.spread());
    await locked(at, ada, (there) => verifyBackup(there, { code: WRONG_BACKUP }));
    await verifyBackup(await challenged(at, ada), { code: ada.backupCodes[0] });
  },
  "after ten wrong codes of mail": async (at) => {
    const ada = await enrolled(at.spread());
    for (const count of [1, 2]) {
      const { browser, code } = await mailedCode(at, ada, { count });
      await times(5, () => verifyMailed(browser, { code: otherThan(code) }));
    }
    await verifyBackup(await challenged(at, ada), { code: ada.backupCodes[0] });
  },
  "after ten wrong codes of mail, without an app": async (at) => {
    const ada = await enrolledByMail(at.spread());
    for (const count of [1, 2]) {
      const { browser, code } = await mailedCode(at, ada, { count });
      await times(5, () => verifyMailed(browser, { code: otherThan(code) }));
    }
    await verifyMailed(await challenged(at, ada), { code: "123456" });
  },
  "a session beside it": async (at) => {
    const ada = await enrolled(at.spread());
    await locked(at, ada, (there) => verify(there, { code: ada.authenticator.wrong() }));
    await ada.post("/two-factor/get-totp-uri", { password: PASSWORD });
    await ada.post("/two-factor/generate-backup-codes", { password: PASSWORD });
    await verify(ada, { code: await ada.authenticator.next() });
  },
  "disabled by a session beside it": async (at) => {
    const ada = await enrolled(at.spread());
    await locked(at, ada, (there) => verify(there, { code: ada.authenticator.wrong() }));
    await ada.post("/two-factor/disable", { password: PASSWORD });
    await at.elsewhere(ada);
  },
  "an hour later": async (at) => {
    const ada = await enrolled(at.spread());
    await locked(at, ada, (there) => verify(there, { code: ada.authenticator.wrong() }));
    await at.rows.endLock(ada);
    await signedIn(at, ada);
    const there = await challenged(at, ada);
    await verify(there, { code: ada.authenticator.wrong() });
    await verify(there, { code: await ada.authenticator.next() });
  },
  "an hour later, wrong again": async (at) => {
    const ada = await enrolled(at.spread());
    await locked(at, ada, (there) => verify(there, { code: ada.authenticator.wrong() }));
    await at.rows.endLock(ada);
    const there = await challenged(at, ada);
    await times(4, () => verify(there, { code: ada.authenticator.wrong() }));
    await verify(there, { code: await ada.authenticator.next() });
  },
  "a right code begins the count again": async (at) => {
    const ada = await enrolled(at.spread());
    for (let round = 0; round < 3; round += 1) {
      const there = await challenged(at, ada);
      await times(4, () => verify(there, { code: ada.authenticator.wrong() }));
      await verifyBackup(there, { code: ada.backupCodes[round] });
    }
  },
  "in a session": async (at) => {
    const ada = await enrolled(at.spread());
    await times(12, () => verify(ada, { code: ada.authenticator.wrong() }));
    await verifyBackup(ada, { code: ada.backupCodes[0] });
    await verifyBackup(await challenged(at, ada), { code: ada.backupCodes[1] });
  },
};

export default { "two-factor-limits": limits };
