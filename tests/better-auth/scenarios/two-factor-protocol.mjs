// The requests of a second factor as such: bodies of every kind, origins and methods.

import { everyBody, everyValue } from "../bodies.mjs";
import { PASSWORD } from "../browser.mjs";
import { challenged, enrolled, verify, verifyBackup } from "../second-factor.mjs";

/** Every endpoint, and a valid body. */
const ENDPOINTS = {
  "/two-factor/enable": () => ({ password: PASSWORD, method: "totp", issuer: "House" }),
  "/two-factor/disable": () => ({ password: PASSWORD }),
  "/two-factor/get-totp-uri": () => ({ password: PASSWORD }),
  "/two-factor/generate-backup-codes": () => ({ password: PASSWORD }),
  "/two-factor/verify-totp": () => ({ code: "123456", trustDevice: true }),
  "/two-factor/send-otp": () => ({ trustDevice: true }),
  "/two-factor/verify-otp": () => ({ code: "123456", trustDevice: true }),
  "/two-factor/verify-backup-code": () => ({ code: "aaaaa-aaaaa", disableSession: false, trustDevice: true }),
};
const PATHS = Object.keys(ENDPOINTS);
const THOROUGHLY = new Set(["/two-factor/enable", "/two-factor/send-otp"]);
const ORIGINS = ["https://evil.example", "null", "", "http://localhost:3001", "http://localhost:8081", undefined];
const METHODS = ["GET", "PUT", "DELETE", "HEAD"];
const form = (text, headers) => ({ text, type: "application/x-www-form-urlencoded", headers });

const requests = {};
for (const path of PATHS) {
  const body = ENDPOINTS[path]();
  requests[`${path}: origins`] = async (at) => {
    const cookie = "better-auth.two_factor=2fa-one.x";
    for (const origin of ORIGINS) await at.post(path, body, { headers: { cookie, ...(origin !== undefined && { origin }) } });
    for (const origin of ORIGINS) await at.post(path, body, { headers: { ...(origin !== undefined && { origin }) } });
  };
  requests[`${path}: other methods`] = async (at) => {
    for (const method of METHODS) await at.send(method, path);
  };
  requests[`${path}: a form`] = async (at) => {
    await at.send("POST", path, form("code=123456&password=correct+horse+1"));
    await at.send("POST", path, form("code=123456", { cookie: "a=b", origin: "http://localhost:3000" }));
  };
  requests[`${path}: fields that it does not have`] = async (at) => {
    await at.post(path, { ...body, userId: "one", twoFactorEnabled: true, callbackURL: "https://evil.example" });
  };
  requests[`${path}: a slash at the end`] = async (at) => {
    await at.post(`${path}/`, body);
  };
}

const pages = {
  "a session and a page that is not trusted": async (at) => {
    const ada = await enrolled(at);
    const headers = { origin: "https://evil.example" };
    for (const path of PATHS) await ada.post(path, { password: PASSWORD, code: ada.backupCodes[0] }, { headers });
    await verifyBackup(ada, { code: ada.backupCodes[0] });
    await ada.get("/get-session");
  },
  "a challenge and a page that is not trusted": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    const headers = { origin: "https://evil.example" };
    await verify(there, { code: await ada.authenticator.next() }, { headers });
    await verifyBackup(there, { code: ada.backupCodes[0] }, { headers });
    await there.post("/two-factor/send-otp", {}, { headers });
    await verifyBackup(there, { code: ada.backupCodes[0] });
  },
  "a session and bodies that are not valid": async (at) => {
    const ada = await enrolled(at);
    for (const path of PATHS) {
      await ada.post(path, []);
      await ada.post(path, { password: 7, code: 7 });
      await ada.send("POST", path);
    }
  },
  "a challenge and bodies that are not valid": async (at) => {
    const ada = await enrolled(at);
    const there = await challenged(at, ada);
    for (const path of ["verify-totp", "verify-otp", "verify-backup-code"]) {
      await there.post(`/two-factor/${path}`, {});
      await there.post(`/two-factor/${path}`, { code: null });
      await there.post(`/two-factor/${path}`, { code: "123456", trustDevice: "true" });
    }
    await there.post("/two-factor/send-otp", { trustDevice: "true" });
    await verifyBackup(there, { code: ada.backupCodes[0] });
  },
  "methods that do not exist": async (at) => {
    const ada = await at.user();
    const methods = ["OTP", "sms", "passkey", "", "totp "];
    for (const method of methods) await ada.post("/two-factor/enable", { password: PASSWORD, method });
  },
  "endpoints that only servers call": async (at) => {
    const ada = await enrolled(at);
    for (const path of ["/totp/generate", "/two-factor/generate-totp", "/two-factor/view-backup-codes", "/two-factor"]) {
      await ada.post(path, { userId: ada.id, secret: "x" });
    }
  },
};

/** The other profiles have no second factor. */
const plain = {
  "where it is off": async (at) => {
    const ada = await at.user();
    for (const path of PATHS) await ada.post(path, ENDPOINTS[path]());
  },
};

export default {
  "two-factor": { ...everyValue(ENDPOINTS), ...everyBody(PATHS, THOROUGHLY), ...requests, ...pages },
  plain,
};
