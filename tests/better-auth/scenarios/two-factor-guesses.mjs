// Guesses at a second factor: five for each challenge.

import {
  WRONG_BACKUP, challenged, enrolled, mailedCode, otherThan, times, verify, verifyBackup, verifyMailed,
} from "../second-factor.mjs";

const guesses = {
  "five of the app's codes": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    await times(5, () => verify(there, { code: ada.authenticator.wrong() }));
    await verify(there, { code: await ada.authenticator.next() });
    await verifyBackup(there, { code: ada.backupCodes[0] });
    await there.post("/two-factor/send-otp");
  },
  "four, then the right one": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    await times(4, () => verify(there, { code: ada.authenticator.wrong() }));
    await verify(there, { code: await ada.authenticator.next() });
  },
  "five backup codes": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    await times(5, () => verifyBackup(there, { code: WRONG_BACKUP }));
    await times(2, () => verifyBackup(there, { code: ada.backupCodes[0] }));
    await verifyBackup(await challenged(at, ada), { code: ada.backupCodes[0] });
  },
  "of every kind in one challenge": async (at) => {
    const ada = await enrolled(at);
    const { browser, code } = await mailedCode(at, ada);
    await times(2, () => verify(browser, { code: ada.authenticator.wrong() }));
    await times(2, () => verifyBackup(browser, { code: WRONG_BACKUP }));
    await times(2, () => verifyMailed(browser, { code: otherThan(code) }));
    await verifyMailed(browser, { code });
  },
};

export default { "two-factor": guesses };
