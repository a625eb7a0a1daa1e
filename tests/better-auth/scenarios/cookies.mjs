import { PASSWORD } from "../browser.mjs";

/** The lifecycle of a browser's cookies, with each setting that changes them. */
const life = () => ({
  "from sign-up to sign-out": async (at) => {
    const ada = await at.user();
    await ada.get("/get-session");
    await ada.post("/sign-out");
  },
  "not remembered, then remembered": async (at) => {
    const ada = await at.user("ada", { rememberMe: false });
    await ada.get("/get-session");
    await ada.post("/sign-in/email", { email: ada.email, password: PASSWORD });
    await ada.post("/sign-out");
  },
  "of a session that is over": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "8 days");
    await ada.get("/get-session");
  },
  "of a session that is extended": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "25 hours");
    await ada.get("/get-session");
  },
  "only under their own name": async (at) => {
    const ada = await at.user();
    const value = ada.cookie.split("=")[1];
    for (const name of [
      "better-auth.session_token", "__Secure-better-auth.session_token", "house.session_token",
      "__Secure-house.session_token", "__Host-better-auth.session_token", "better-auth-session_token",
    ]) {
      await at.get("/get-session", { headers: { cookie: `${name}=${value}` } });
    }
  },
});

export default { plain: life(), cookies: life(), https: life(), short: life() };
