import { PASSWORD } from "../browser.mjs";
import { clientOf } from "../client.mjs";

/** A username that only this scenario uses, since the servers keep the accounts. */
const name = (at, text = "Ada") => `${text}_${String(at.number).replace("-", "_")}`;
/** A user with a username. */
const named = (at, more = {}) => at.user("ada", { username: name(at), ...more });
const signIn = (at, more = {}, options) => at.post("/sign-in/username", { username: name(at), password: PASSWORD, ...more }, options);

/** Shows what a sign-up does with these fields. */
const signUp = (fields) => async (at) => {
  const ada = await at.user("ada", typeof fields === "function" ? fields(at) : fields);
  await ada.get("/get-session");
};
/** Shows the effect of a change on a user with a username. */
const update = (body) => async (at) => {
  const ada = await named(at);
  await ada.post("/update-user", typeof body === "function" ? body(at) : body);
  await ada.get("/get-session");
};

const VALUES = [null, 7, 1.5, true, false, "", "text", [], ["x"], {}, { x: 1 }];
/** Usernames that break a rule, and some at its edge. */
const NAMES = [
  "", "a", "ab", "x".repeat(31), "a b", "a-b", " abc", "abc ", "über", "Kelvin", "a@b.co", "ab\n", "日本語", "\u{1f600}", "\u{1f600}".repeat(16), "...", "___",
];

const username = {
  "a sign-up without": signUp({}),
  "a sign-up": signUp((at) => ({ username: name(at) })),
  "a sign-up with a display form": signUp((at) => ({ username: name(at), displayUsername: "Ada, Countess" })),
  "a sign-up with an empty display form": signUp((at) => ({ username: name(at), displayUsername: "" })),
  "a sign-up with a display form alone, which is a username": signUp((at) => ({ displayUsername: name(at) })),
  "a sign-up with a display form alone, which is no username": signUp({ displayUsername: "Ada Lovelace" }),
  "a sign-up with an empty display form alone": signUp({ displayUsername: "" }),
  "a sign-up with null": signUp({ username: null, displayUsername: null }),
  "a sign-up with null and a display form": signUp((at) => ({ username: null, displayUsername: name(at) })),
  "a sign-up with names that break a rule": async (at) => {
    for (const [index, text] of NAMES.slice(0, -2).entries()) await at.user(`ada${index}`, { username: text });
  },
  "a sign-up with a display form that is taken": async (at) => {
    await named(at);
    await at.user("grace", { displayUsername: name(at) });
  },
  "a sign-up with a name that is taken": async (at) => {
    await named(at);
    await at.user("grace", { username: name(at) });
    await at.user("grace", { username: name(at).toUpperCase() });
    await at.user("grace", { username: name(at, "grace") });
  },
  "a sign-up with a name and an email that are taken": async (at) => {
    await named(at);
    await at.post("/sign-up/email", { name: "Ada", email: at.email("ada"), password: PASSWORD, username: name(at) });
    await at.post("/sign-up/email", { name: "Ada", email: at.email("ada"), password: PASSWORD, username: name(at, "new") });
  },
  "a sign-up with a name and a short password": (at) =>
    at.post("/sign-up/email", { name: "Ada", email: at.email("ada"), password: "x", username: name(at) }),
  "a sign-up with a name that breaks a rule, and a short password": (at) =>
    at.post("/sign-up/email", { name: "Ada", email: at.email("ada"), password: "x", username: "a" }),
  "a sign-up with a name that breaks a rule, and without an email": (at) =>
    at.post("/sign-up/email", { name: "Ada", password: PASSWORD, username: "a" }),
  "a sign-up with values of other types": async (at) => {
    for (const [index, value] of [7, true, ["x"], { x: 1 }].entries()) {
      await at.post("/sign-up/email", { name: "Ada", email: at.email(`ada${index}`), password: PASSWORD, username: value });
      await at.post("/sign-up/email", { name: "Ada", email: at.email(`eve${index}`), password: PASSWORD, displayUsername: value });
    }
  },
  "a long display form": (at) => named(at, { displayUsername: "x".repeat(101) }),

  "a sign-in": async (at) => {
    await named(at);
    const there = at.browser();
    await there.post("/sign-in/username", { username: name(at), password: PASSWORD });
    await there.get("/get-session");
    await there.get("/token");
  },
  "a sign-in in capitals": async (at) => {
    await named(at);
    await signIn(at, { username: name(at).toUpperCase() });
  },
  "a sign-in that is not to be remembered": async (at) => {
    await named(at);
    const there = at.browser();
    await there.post("/sign-in/username", { username: name(at), password: PASSWORD, rememberMe: false });
    await there.get("/get-session");
  },
  "a sign-in and on": async (at) => {
    await named(at);
    for (const callbackURL of ["/there", "", "http://localhost:3000/there", "https://evil.example"]) await signIn(at, { callbackURL });
  },
  "a wrong password": async (at) => {
    await named(at);
    for (const password of ["wrong password", "", "x", "x".repeat(200)]) await signIn(at, { password });
  },
  "an unknown name": (at) => signIn(at),
  "the email as a name": async (at) => {
    await named(at);
    await signIn(at, { username: at.email("ada") });
  },
  "the name as an email": async (at) => {
    await named(at);
    await at.post("/sign-in/email", { email: name(at), password: PASSWORD });
  },
  "a sign-in with names that break a rule": async (at) => {
    for (const text of NAMES) await signIn(at, { username: text });
  },
  "a sign-in with a body of every type": async (at) => {
    for (const field of ["username", "password", "rememberMe", "callbackURL"]) {
      for (const value of VALUES) await signIn(at, { [field]: value });
    }
    for (const body of [...VALUES.slice(0, 8), [{}], {}]) await at.post("/sign-in/username", body);
    await at.send("POST", "/sign-in/username", { text: "{", type: "application/json" });
    await at.send("POST", "/sign-in/username", { text: "username=ada&password=x", type: "application/x-www-form-urlencoded" });
  },
  "a sign-in from everywhere": async (at) => {
    await named(at);
    for (const origin of ["http://localhost:3000", "https://evil.example", "null", ""]) {
      await signIn(at, {}, { headers: { origin } });
      await signIn(at, {}, { headers: { origin, cookie: "a=b" } });
    }
    await signIn(at, {}, { headers: { cookie: "a=b" } });
    await signIn(at, {}, { headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" } });
  },
  "a sign-in on the same browser": async (at) => {
    const ada = await named(at);
    await ada.post("/sign-in/username", { username: name(at), password: PASSWORD });
    await ada.get("/get-session");
  },
  "a sign-in by GET": (at) => at.get("/sign-in/username"),

  "whether a name is available": async (at) => {
    const ask = (text) => at.post("/is-username-available", { username: text });
    await ask(name(at));
    const ada = await named(at);
    await ask(name(at));
    await ask(name(at).toUpperCase());
    await ada.post("/is-username-available", { username: name(at) });
    for (const text of NAMES) await ask(text);
  },
  "whether a name is available, with a body of every type": async (at) => {
    for (const value of VALUES) await at.post("/is-username-available", { username: value });
    for (const body of [...VALUES.slice(0, 8), [{}], {}]) await at.post("/is-username-available", body);
    await at.send("POST", "/is-username-available", { text: "{", type: "application/json" });
  },
  "whether a name is available, from everywhere": async (at) => {
    for (const origin of ["http://localhost:3000", "https://evil.example"]) {
      await at.post("/is-username-available", { username: name(at) }, { headers: { origin } });
      await at.post("/is-username-available", { username: name(at) }, { headers: { origin, cookie: "a=b" } });
    }
  },

  "a first name by a change": async (at) => {
    const ada = await at.user("ada");
    await ada.post("/update-user", { username: name(at) });
    await ada.get("/get-session");
    await signIn(at);
  },
  "another name": async (at) => {
    const ada = await named(at);
    await ada.post("/update-user", { username: name(at, "Countess") });
    await ada.get("/get-session");
    await signIn(at);
    await signIn(at, { username: name(at, "countess") });
    await at.post("/is-username-available", { username: name(at) });
  },
  "another spelling of the name": update((at) => ({ username: name(at).toUpperCase() })),
  "another display form": update({ displayUsername: "The Countess" }),
  "an empty display form": update({ displayUsername: "" }),
  "a name and a display form": update((at) => ({ username: name(at, "new"), displayUsername: "New" })),
  "no name any more": update({ username: null }),
  "no display form any more": update({ displayUsername: null }),
  "a change to names that break a rule": async (at) => {
    const ada = await named(at);
    for (const text of NAMES.slice(0, -2)) await ada.post("/update-user", { username: text });
    await ada.get("/get-session");
  },
  "a change to a name that is taken": async (at) => {
    await named(at);
    const grace = await at.user("grace", { username: name(at, "grace") });
    await grace.post("/update-user", { username: name(at) });
    await grace.post("/update-user", { name: "Grace", username: name(at).toUpperCase() });
    await grace.get("/get-session");
  },
  "a change to values of other types": async (at) => {
    const ada = await named(at);
    for (const value of [7, true, ["x"], { x: 1 }]) {
      await ada.post("/update-user", { username: value });
      await ada.post("/update-user", { displayUsername: value });
    }
  },
  "a change without a session": async (at) => {
    await named(at);
    await at.post("/update-user", { username: name(at, "new") });
    await at.post("/update-user", { username: name(at) });
    await at.post("/update-user", { username: "a" });
  },
  "the name in other responses": async (at) => {
    const ada = await named(at);
    await at.post("/sign-in/email", { email: ada.email, password: PASSWORD });
    await ada.post("/change-password", { currentPassword: PASSWORD, newPassword: "a brand new password" });
    await signIn(at);
    await signIn(at, { password: "a brand new password" });
  },
  "the official client": async (at) => {
    const ada = clientOf(at);
    await ada.call("isUsernameAvailable", { username: name(at) });
    await ada.call("signUp.email", { name: "Ada", email: at.email("ada"), password: PASSWORD, username: name(at) });
    await ada.call("isUsernameAvailable", { username: name(at) });
    await ada.call("updateUser", { username: name(at, "new"), displayUsername: "New" });
    await ada.call("getSession");
    const there = clientOf(at);
    await there.call("signIn.username", { username: name(at), password: PASSWORD });
    await there.call("signIn.username", { username: name(at, "new"), password: "wrong password" });
    await there.call("signIn.username", { username: "a", password: PASSWORD });
    await there.call("signIn.username", { username: name(at, "new"), password: PASSWORD, callbackURL: "/there" });
    await there.call("getSession");
    await there.call("updateUser", { username: "a b" });
  },
};

/** Five to eight characters, which differ for each scenario. */
const short = (at, text) => `${text}_${String(at.number).replace("-", "_")}`.slice(0, 8);

const once = {
  "a name that is set once": async (at) => {
    const ada = await at.user("ada");
    await ada.post("/update-user", { username: short(at, "Ada") });
    await ada.post("/update-user", { username: short(at, "ADA"), displayUsername: "Ada!" });
    await ada.post("/update-user", { username: short(at, "new") });
    await ada.post("/update-user", { username: "x" });
    await ada.get("/get-session");
  },
  "a name that is removed": async (at) => {
    const ada = await at.user("ada", { username: short(at, "Ada") });
    await ada.post("/update-user", { username: null });
  },
  "other lengths": async (at) => {
    for (const text of ["abcd", "abcde", "abcdefgh", "abcdefghi"]) await at.post("/is-username-available", { username: text });
  },
};

const verified = {
  "an email that is not verified": async (at) => {
    await named(at);
    await signIn(at);
    await signIn(at, { password: "wrong password" });
  },
  "once the email is verified": async (at) => {
    const ada = await named(at);
    await ada.open((await at.mail(ada.email)).path);
    await signIn(at);
  },
  "a name of a sign-up that is not verified": async (at) => {
    await named(at);
    await at.post("/is-username-available", { username: name(at) });
    await at.post("/sign-up/email", { name: "Grace", email: at.email("grace"), password: PASSWORD, username: name(at) });
  },
};

/** Sends requests from an IP address of this scenario until one is refused, and one more. */
const until = (limit, ask) => async (at) => {
  const headers = { "x-forwarded-for": `203.0.113.${at.number % 250}` };
  for (let count = 0; count < limit + 2; count += 1) await ask(at, { headers });
};

const limits = {
  "three sign-ins": until(3, (at, options) => signIn(at, {}, options)),
  "thirty questions": until(30, (at, options) => at.post("/is-username-available", { username: name(at) }, options)),
};

export default { username, "username-once": once, "username-verified": verified, "username-limits": limits };
