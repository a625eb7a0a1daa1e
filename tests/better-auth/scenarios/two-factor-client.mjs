// The second factor through the official client, as a page uses it.

import { twoFactorClient } from "better-auth/client/plugins";
import { Authenticator } from "../authenticator.mjs";
import { PASSWORD } from "../browser.mjs";
import { clientOf } from "../client.mjs";

/** A client that records when it would show the page of the second factor. */
const clientOfPage = (at) => {
  const onTwoFactorRedirect = (context) => at.note("client.onTwoFactorRedirect", at.reader.read(context));
  return clientOf(at, [twoFactorClient({ onTwoFactorRedirect })]);
};

/** A client whose user has signed up and enabled an authenticator app. */
const enrolledUser = async (at) => {
  const ada = clientOfPage(at);
  await ada.call("signUp.email", { name: "Ada", email: at.email("ada"), password: PASSWORD });
  const { totpURI, backupCodes } = await ada.call("twoFactor.enable", { password: PASSWORD });
  Object.assign(ada, { authenticator: new Authenticator(totpURI), backupCodes });
  await ada.call("twoFactor.verifyTotp", { code: await ada.authenticator.next() });
  return ada;
};

/** Another client, which has sent the password. */
const challengedClient = async (at, more = {}) => {
  const there = clientOfPage(at);
  await there.call("signIn.email", { email: at.email("ada"), password: PASSWORD, ...more });
  return there;
};

const journeys = {
  "an authenticator app, from enabling to disabling": async (at) => {
    const ada = await enrolledUser(at);
    await ada.call("getSession");
    await ada.call("signOut");
    await ada.call("signIn.email", { email: at.email("ada"), password: PASSWORD });
    await ada.call("getSession");
    await ada.call("twoFactor.verifyTotp", { code: await ada.authenticator.next(), trustDevice: true });
    await ada.call("getSession");
    await ada.call("token");
    await ada.call("signOut");
    await ada.call("signIn.email", { email: at.email("ada"), password: PASSWORD });
    await ada.call("twoFactor.disable", { password: PASSWORD });
    await ada.call("signOut");
    await ada.call("signIn.email", { email: at.email("ada"), password: PASSWORD });
  },
  "codes by mail": async (at) => {
    const ada = clientOfPage(at);
    await ada.call("signUp.email", { name: "Ada", email: at.email("ada"), password: PASSWORD });
    await ada.call("twoFactor.enable", { password: PASSWORD, method: "otp" });
    await ada.call("getSession");
    const there = await challengedClient(at, { callbackURL: "/there", rememberMe: false });
    await there.call("twoFactor.sendOtp");
    await there.call("twoFactor.verifyOtp", { code: await at.code(at.email("ada")) });
    await there.call("getSession");
  },
  "backup codes": async (at) => {
    const ada = await enrolledUser(at);
    const there = await challengedClient(at);
    await there.call("twoFactor.verifyBackupCode", { code: ada.backupCodes[0] });
    await there.call("getSession");
    const { backupCodes } = await ada.call("twoFactor.generateBackupCodes", { password: PASSWORD });
    const elsewhere = await challengedClient(at);
    await elsewhere.call("twoFactor.verifyBackupCode", { code: backupCodes[0], disableSession: true });
    await elsewhere.call("getSession");
  },
  "the URI again": async (at) => {
    const ada = await enrolledUser(at);
    await ada.call("twoFactor.getTotpUri", { password: PASSWORD });
  },
  "what is refused": async (at) => {
    const nobody = clientOfPage(at);
    await nobody.call("twoFactor.enable", { password: PASSWORD });
    await nobody.call("twoFactor.disable", { password: PASSWORD });
    await nobody.call("twoFactor.getTotpUri", { password: PASSWORD });
    await nobody.call("twoFactor.generateBackupCodes", { password: PASSWORD });
    await nobody.call("twoFactor.verifyTotp", { code: "123456" });
    await nobody.call("twoFactor.sendOtp");
    await nobody.call("twoFactor.verifyOtp", { code: "123456" });
    await nobody.call("twoFactor.verifyBackupCode", { code: "aaaaa-aaaaa" });
    const ada = await enrolledUser(at);
    await ada.call("twoFactor.enable", { password: PASSWORD });
    await ada.call("twoFactor.disable", { password: "wrong password" });
    const there = await challengedClient(at);
    await there.call("twoFactor.verifyTotp", { code: ada.authenticator.wrong() });
    await there.call("twoFactor.verifyOtp", { code: "123456" });
    await there.call("twoFactor.verifyBackupCode", { code: "aaaaa-aaaaa" });
    await there.call("twoFactor.verifyTotp", { code: "" });
  },
};

export default { "two-factor": journeys };
