import { PASSWORD } from "../browser.mjs";

/** The token that identifies a browser's session in lists. */
const named = async (browser) => (await browser.get("/get-session")).json.session.token;

const plain = {
  "signing in again": async (at) => {
    const ada = await at.user();
    const { cookie } = ada;
    await ada.post("/sign-in/email", { email: ada.email, password: PASSWORD });
    await ada.get("/get-session");
    await at.get("/get-session", { headers: { cookie } });
  },
  "cookies of two users": async (at) => {
    const [ada, grace] = [await at.user("ada"), await at.user("grace")];
    await at.get("/get-session", { headers: { cookie: `${ada.cookie}; ${grace.cookie}` } });
  },
  "a list of one": async (at) => {
    const ada = await at.user();
    await ada.get("/list-sessions");
  },
  "a list of three": async (at) => {
    const ada = await at.user("ada");
    await at.user("grace");
    await at.elsewhere(ada);
    const there = await at.elsewhere(ada, { rememberMe: false });
    await there.get("/list-sessions");
  },
  "a list holds no expired session": async (at) => {
    const ada = await at.user();
    const there = await at.elsewhere(ada);
    await at.rows.age(there.token, "8 days");
    await ada.get("/list-sessions");
  },
  "a list for nobody": (at) => at.get("/list-sessions"),
  "a list for a bearer": async (at) => {
    const ada = await at.user();
    await at.get("/list-sessions", { headers: { authorization: `Bearer ${ada.token}` } });
  },
  "a list for a session that is not fresh": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "25 hours");
    await ada.get("/list-sessions");
    await ada.get("/list-sessions");
  },
  "a list for a session that is nearly not fresh": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "23 hours 58 minutes");
    await ada.get("/list-sessions");
  },
  "a list for an unremembered session": async (at) => {
    const ada = await at.user("ada", { rememberMe: false });
    await ada.get("/list-sessions");
  },
  "revoke another session, as the list names it": async (at) => {
    const ada = await at.user();
    const there = await at.elsewhere(ada);
    await ada.post("/revoke-session", { token: await named(there) });
    await there.get("/get-session");
    await ada.get("/get-session");
  },
  "revoke another session by its token": async (at) => {
    const ada = await at.user();
    const there = await at.elsewhere(ada);
    await ada.post("/revoke-session", { token: there.token });
    await there.get("/get-session");
  },
  "revoke one's own session": async (at) => {
    const ada = await at.user();
    await ada.post("/revoke-session", { token: await named(ada) });
    await ada.get("/get-session");
  },
  "revoke one's own session by its token": async (at) => {
    const ada = await at.user();
    await ada.post("/revoke-session", { token: ada.token });
    await ada.get("/get-session");
  },
  "revoke a stranger's session": async (at) => {
    const ada = await at.user("ada");
    const grace = await at.user("grace");
    await ada.post("/revoke-session", { token: await named(grace) });
    await ada.post("/revoke-session", { token: grace.token });
    await grace.get("/get-session");
  },
  "revoke what is no session": async (at) => {
    const ada = await at.user();
    for (const token of ["", "x", "x".repeat(5000), "👩", "00000000-0000-0000-0000-000000000000"]) {
      await ada.post("/revoke-session", { token });
    }
  },
  "revoke a session twice": async (at) => {
    const ada = await at.user();
    const there = await at.elsewhere(ada);
    const token = await named(there);
    await ada.post("/revoke-session", { token });
    await ada.post("/revoke-session", { token });
  },
  "revoke all sessions": async (at) => {
    const ada = await at.user();
    const there = await at.elsewhere(ada);
    await ada.post("/revoke-sessions");
    await there.get("/get-session");
    await ada.get("/get-session");
  },
  "revoke the other sessions": async (at) => {
    const ada = await at.user();
    const there = await at.elsewhere(ada);
    const grace = await at.user("grace");
    await ada.post("/revoke-other-sessions");
    await there.get("/get-session");
    await ada.get("/get-session");
    await grace.get("/get-session");
  },
  "revoke by a bearer": async (at) => {
    const ada = await at.user();
    const there = await at.elsewhere(ada);
    const headers = { authorization: `Bearer ${ada.token}` };
    await at.post("/revoke-other-sessions", {}, { headers });
    await there.get("/get-session");
    await at.post("/revoke-sessions", {}, { headers });
    await ada.get("/get-session");
  },
  "a revoked session gets no token": async (at) => {
    const ada = await at.user();
    const there = await at.elsewhere(ada);
    await ada.post("/revoke-other-sessions");
    await there.get("/token");
  },
  "revoke for nobody": async (at) => {
    await at.post("/revoke-session", { token: "x" });
    await at.post("/revoke-sessions", {});
    await at.post("/revoke-other-sessions", {});
  },
  "revoke with a session that is over": async (at) => {
    for (const path of ["/revoke-sessions", "/revoke-other-sessions"]) {
      const ada = await at.user(path.slice(1));
      await at.rows.age(ada.token, "8 days");
      await ada.post(path);
    }
  },
  "revoke without a body": async (at) => {
    const ada = await at.user();
    await ada.send("POST", "/revoke-other-sessions");
    await ada.send("POST", "/revoke-sessions");
  },
  "a session a day old is extended by what it is used for": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "25 hours");
    await ada.post("/revoke-other-sessions");
  },
};

const short = {
  "every session is fresh where none need be": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "110 minutes");
    await ada.get("/list-sessions");
  },
};

export default { plain, short };
