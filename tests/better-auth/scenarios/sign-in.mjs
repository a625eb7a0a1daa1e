import { PASSWORD } from "../browser.mjs";

/** A user, and a sign-in in another browser with fields replaced by `more`. */
const signIn = (more = {}, user = {}) => async (at) => {
  const ada = await at.user("ada", user);
  const there = await at.elsewhere(ada, more);
  await there.get("/get-session");
};

const plain = {
  "a session": signIn(),
  "not to be remembered": signIn({ rememberMe: false }),
  "to be remembered": signIn({ rememberMe: true }),
  "of a user with an image": signIn({}, { image: "https://example.com/ada.png" }),
  "a wrong password": signIn({ password: "wrong password" }),
  "an empty password": signIn({ password: "" }),
  "a password that is too short to be one": signIn({ password: "x" }),
  "a password that is too long to be one": signIn({ password: "x".repeat(200) }),
  "a password with a blank too many": signIn({ password: `${PASSWORD} ` }),
  "a password in capitals": signIn({ password: PASSWORD.toUpperCase() }),
  "an unknown address": async (at) => {
    await at.post("/sign-in/email", { email: at.email("nobody"), password: PASSWORD });
  },
  "an address in capitals": async (at) => {
    const ada = await at.user("ada");
    await at.post("/sign-in/email", { email: ada.email.toUpperCase(), password: PASSWORD });
  },
  "no address at all": async (at) => {
    for (const email of ["ada", "", " ", "@", "ada@"]) await at.post("/sign-in/email", { email, password: PASSWORD });
  },
  "composed and decomposed letters are one password": async (at) => {
    const ada = await at.user("ada", { password: "pässwörd123" });
    await at.elsewhere(ada, { password: "pässwörd123".normalize("NFD") });
    await at.elsewhere(ada, { password: "ｐässwörd１２３" });
  },
  "a password over 72 bytes is not cut": async (at) => {
    const ada = await at.user("ada", { password: "x".repeat(80) });
    await at.elsewhere(ada, { password: "x".repeat(72) });
    await at.elsewhere(ada, { password: "x".repeat(81) });
  },
  "on the same browser again": async (at) => {
    const ada = await at.user("ada");
    await ada.post("/sign-in/email", { email: ada.email, password: PASSWORD });
    await ada.get("/get-session");
  },
  "a remembered sign-in clears what said not to": async (at) => {
    const ada = await at.user("ada", { rememberMe: false });
    await ada.post("/sign-in/email", { email: ada.email, password: PASSWORD });
    await ada.get("/get-session");
  },
  "an unremembered sign-in on a remembered browser": async (at) => {
    const ada = await at.user("ada");
    await ada.post("/sign-in/email", { email: ada.email, password: PASSWORD, rememberMe: false });
    await ada.get("/get-session");
  },
  "another user on the same browser": async (at) => {
    const ada = await at.user("ada");
    await at.user("grace");
    await ada.post("/sign-in/email", { email: at.email("grace"), password: PASSWORD });
    await ada.get("/get-session");
  },
  "with a form": async (at) => {
    const ada = await at.user("ada");
    const text = new URLSearchParams({ email: ada.email, password: PASSWORD }).toString();
    const type = "application/x-www-form-urlencoded";
    await at.send("POST", "/sign-in/email", { text, type });
    await at.send("POST", "/sign-in/email", { text: `${text}&callbackURL=/there`, type });
    await at.send("POST", "/sign-in/email", { text: "email=ada", type });
  },
  "with a bad session beside it": async (at) => {
    const ada = await at.user("ada");
    await ada.post("/sign-in/email", { email: ada.email, password: PASSWORD }, {
      headers: { cookie: "better-auth.session_token=garbage" },
    });
  },
  "the query does not count": async (at) => {
    const ada = await at.user("ada");
    await at.post(`/sign-in/email?email=${ada.email}&password=x`, { email: ada.email, password: PASSWORD });
  },
};

const TARGETS = ["/there", "/there?x=y#z", "http://localhost:3000/there", "http://localhost:8081", "/", "", "/ä", "/a b", "/%20"];
for (const target of TARGETS) {
  plain[`and on to ${JSON.stringify(target)}`] = async (at) => {
    const ada = await at.user("ada");
    await at.elsewhere(ada, { callbackURL: target });
    await at.elsewhere(ada, { callbackURL: target, password: "wrong password" });
  };
}

const verification = {
  "an address that is not verified": async (at) => {
    const ada = await at.user("ada");
    await at.elsewhere(ada);
    await at.elsewhere(ada, { password: "wrong password" });
    await at.elsewhere(ada, { callbackURL: "/there" });
  },
  "once the address is verified": async (at) => {
    const ada = await at.user("ada");
    await ada.open((await at.mail(ada.email)).path);
    const there = await at.elsewhere(ada);
    await there.get("/get-session");
  },
};

const noAutoSignIn = {
  "after a sign-up that did not": async (at) => {
    const ada = await at.user("ada");
    const there = await at.elsewhere(ada);
    await there.get("/get-session");
  },
};

export default { plain, verification, "no-auto-sign-in": noAutoSignIn };
