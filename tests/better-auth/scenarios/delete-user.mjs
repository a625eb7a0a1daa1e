import { PASSWORD } from "../browser.mjs";

/** Shows what remains of a user. */
const left = async (at, ada, there) => {
  await there.get("/get-session");
  await at.elsewhere(ada);
  await at.user("ada");
};

const account = {
  "with the password": async (at) => {
    const ada = await at.user();
    const there = await at.elsewhere(ada);
    await ada.post("/delete-user", { password: PASSWORD });
    await left(at, ada, there);
  },
  "with a fresh session": async (at) => {
    const ada = await at.user();
    const there = await at.elsewhere(ada);
    await ada.post("/delete-user");
    await left(at, ada, there);
  },
  "with a wrong password": async (at) => {
    const ada = await at.user();
    await ada.post("/delete-user", { password: "wrong password" });
    await ada.post("/delete-user", { password: "x".repeat(129) });
    await ada.get("/get-session");
  },
  "with an empty password": async (at) => {
    const ada = await at.user();
    await ada.post("/delete-user", { password: "" });
    await ada.get("/get-session");
  },
  "with a session that is not fresh": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "25 hours");
    await ada.post("/delete-user");
    await ada.post("/delete-user", { password: "wrong password" });
    await ada.post("/delete-user", { password: PASSWORD });
  },
  "with a token of nobody": async (at) => {
    const ada = await at.user();
    await ada.post("/delete-user", { token: "garbage" });
    await ada.post("/delete-user", { token: "garbage", password: "wrong password" });
    await ada.get("/delete-user/callback?token=garbage");
    await ada.get("/get-session");
  },
  "of a user without a password": async (at) => {
    const ada = await at.user();
    await at.rows.forgetPassword(ada);
    await ada.post("/delete-user", { password: PASSWORD });
  },
  "of nobody": async (at) => {
    await at.post("/delete-user", {});
    await at.post("/delete-user", { password: PASSWORD });
  },
  "without a body": async (at) => {
    const ada = await at.user();
    await ada.send("POST", "/delete-user");
    await ada.get("/get-session");
  },
  "with a callbackURL": async (at) => {
    const ada = await at.user();
    await ada.post("/delete-user", { callbackURL: "https://evil.example" });
    await ada.post("/delete-user", { callbackURL: "/bye" });
  },
};

/** A user who requested a deletion, and the mailed link. */
const asked = async (at, body = {}) => {
  const ada = await at.user();
  await ada.post("/delete-user", body);
  return { ada, link: await at.mail(ada.email) };
};

const byMail = {
  "by the link": async (at) => {
    const { ada, link } = await asked(at, { callbackURL: "/bye" });
    await ada.get("/get-session");
    await ada.open(link.path);
    await ada.get("/get-session");
    await at.elsewhere(ada);
  },
  "by the link, without a callbackURL": async (at) => {
    const { ada, link } = await asked(at);
    await ada.get(`/delete-user/callback?token=${link.token}`);
    await ada.get("/get-session");
  },
  "by the token": async (at) => {
    const { ada, link } = await asked(at, { password: PASSWORD });
    await ada.post("/delete-user", { token: link.token });
    await ada.get("/get-session");
  },
  "the link in a browser that is not signed in": async (at) => {
    const { ada, link } = await asked(at, { callbackURL: "/bye" });
    await at.get(link.path);
    await at.get(`/delete-user/callback?token=${link.token}`);
    await ada.get("/get-session");
  },
  "the link in another user's browser": async (at) => {
    const { ada, link } = await asked(at, { callbackURL: "/bye" });
    const grace = await at.user("grace");
    await grace.open(link.path);
    await ada.get("/get-session");
    await grace.get("/get-session");
  },
  "the link twice": async (at) => {
    const { ada, link } = await asked(at);
    const cookie = ada.cookie;
    await ada.open(link.path);
    await at.get(link.path, { headers: { cookie } });
  },
  "a link that is over": async (at) => {
    const { ada, link } = await asked(at, { callbackURL: "/bye" });
    await at.rows.expire(link.token);
    await ada.open(link.path);
    await ada.get("/get-session");
  },
  "the link in a browser whose session is over": async (at) => {
    const { ada, link } = await asked(at, { callbackURL: "/bye" });
    await at.rows.age(ada.token, "8 days");
    await ada.open(link.path);
    await at.elsewhere(ada);
  },
  "the link, by a bearer": async (at) => {
    const { ada, link } = await asked(at, { callbackURL: "/bye" });
    await at.get(link.path, { headers: { authorization: `Bearer ${ada.token}` } });
  },
  "a link to elsewhere": async (at) => {
    const { ada, link } = await asked(at);
    await ada.get(`/delete-user/callback?token=${link.token}&callbackURL=https%3A%2F%2Fevil.example`);
    await ada.get("/get-session");
  },
  "no token": async (at) => {
    const ada = await at.user();
    await ada.get("/delete-user/callback");
    await ada.get("/delete-user/callback?token=");
    await at.get("/delete-user/callback?callbackURL=/bye");
  },
  "a wrong password sends nothing": async (at) => {
    const ada = await at.user();
    await ada.post("/delete-user", { password: "wrong password" });
  },
};

const plain = {
  "where it is off": async (at) => {
    const ada = await at.user();
    await ada.post("/delete-user");
    await ada.post("/delete-user", { password: 7 });
    await ada.get("/delete-user/callback?token=x");
    await ada.get("/delete-user/callback");
    await at.post("/delete-user", {});
    await at.get("/delete-user/callback?token=x");
    await ada.get("/get-session");
  },
};

const short = {
  "any session is fresh enough where none need be": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "110 minutes");
    await ada.post("/delete-user");
  },
};

export default { account, "deletion-mail": byMail, plain, short };
