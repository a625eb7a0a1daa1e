import { PASSWORD } from "../browser.mjs";

const sameSite = {
  "cookies for requests of other sites": async (at) => {
    const ada = await at.user();
    await at.elsewhere(ada, { rememberMe: false });
    await ada.post("/sign-out");
  },
  "paths that are turned off": async (at) => {
    const ada = await at.user();
    await ada.post("/update-user", { name: "Grace" });
    await at.send("POST", "/update-user", { text: "{", type: "application/json" });
    await at.get("/update-user?x=y");
    await at.get("/ok");
    await at.get("/ok/");
    await at.get("/update-user/x");
  },
};

const asked = (count, ask) => async (at) => {
  const headers = { "cf-connecting-ip": `203.0.113.${at.number % 250}` };
  for (let index = 0; index < count; index += 1) await ask(at, headers, index);
};

const rules = {
  "a path's own rule": asked(7, (at, headers) => at.post("/sign-in/email", { email: "x" }, { headers })),
  "a path without a limit": asked(8, (at, headers) => at.get("/get-session", { headers })),
  "the general rule": asked(6, (at, headers) => at.get("/ok", { headers })),
  "the header that names the client": asked(6, (at, headers, index) =>
    at.get("/ok", { headers: { ...headers, "x-forwarded-for": `198.51.100.${index}` } }),
  ),
  "the next header, without the first": async (at) => {
    for (let index = 0; index < 6; index += 1) {
      await at.get("/ok", { headers: { "x-forwarded-for": `192.0.2.${at.number % 250}` } });
    }
    await at.get("/ok", { headers: { "x-forwarded-for": `198.51.100.${at.number % 250}` } });
  },
};

const autoSignIn = {
  "a link that signing up sends": async (at) => {
    const ada = await at.user("ada", { callbackURL: "/welcome" });
    await ada.open((await at.mail(ada.email)).path);
    await ada.get("/get-session");
  },
  "without a callbackURL": async (at) => {
    const ada = await at.user();
    const { token } = await at.mail(ada.email);
    await ada.get(`/verify-email?token=${token}`);
    await ada.get(`/verify-email?token=${token}`);
  },
};

const verificationAutoSignIn = {
  "in the browser that signed up": async (at) => {
    const ada = await at.user("ada", { callbackURL: "/welcome" });
    await ada.open((await at.mail(ada.email)).path);
    await ada.get("/get-session");
  },
  "without a callbackURL": async (at) => {
    const ada = await at.user();
    await ada.get(`/verify-email?token=${(await at.mail(ada.email)).token}`);
    await ada.get("/get-session");
  },
  "a sign-in sends the link again": async (at) => {
    const ada = await at.user();
    await at.elsewhere(ada, { callbackURL: "/again" });
    await at.post("/sign-in/email", { email: ada.email, password: `${PASSWORD}!` });
    await ada.open((await at.mail(ada.email, 2)).path);
    await ada.get("/get-session");
  },
};

export default {
  "same-site": sameSite,
  rules,
  "auto-sign-in": autoSignIn,
  "verification-auto-sign-in": verificationAutoSignIn,
};
