import { PASSWORD } from "../browser.mjs";

const account = (at, more = {}) => ({ name: "Ada", email: at.email("ada"), password: PASSWORD, ...more });

/** Signs up with these fields, and then shows who is signed in. */
const signUp = (more) => async (at) => {
  const ada = at.browser();
  await ada.post("/sign-up/email", account(at, more));
  await ada.get("/get-session");
};

const plain = {
  "an account and a session": async (at) => {
    const ada = await at.user();
    await ada.get("/get-session");
    await ada.get("/token");
  },
  "from a command line": async (at) => {
    await at.post("/sign-up/email", account(at));
  },
  "with an image": signUp({ image: "https://example.com/ada.png" }),
  "with an empty image": signUp({ image: "" }),
  "with an empty name": signUp({ name: "" }),
  "with a name in other alphabets": signUp({ name: "Ада 愛達 👩‍💻" }),
  "a name with blanks around it": signUp({ name: "  Ada  " }),
  "with a callbackURL": signUp({ callbackURL: "/welcome" }),
  "not to be remembered": signUp({ rememberMe: false }),
  "to be remembered": signUp({ rememberMe: true }),
  "unknown fields": signUp({ favourite: "tea", id: "mine", createdAt: "2020-01-01T00:00:00.000Z" }),
  "a client cannot verify its own address": signUp({ emailVerified: true }),
  "an address in capitals": async (at) => {
    const email = at.email("ADA").toUpperCase();
    await at.post("/sign-up/email", account(at, { email }));
    await at.post("/sign-in/email", { email: email.toLowerCase(), password: PASSWORD });
  },
  "a taken address": async (at) => {
    await at.user("ada");
    await at.user("ada");
    await at.post("/sign-up/email", account(at, { email: at.email("ADA") }));
  },
  "a taken address with too short a password": async (at) => {
    await at.user("ada");
    await at.post("/sign-up/email", account(at, { password: "short" }));
  },
  "a common password": async (at) => {
    await at.post("/sign-up/email", account(at, { password: "password1" }));
  },
  "a password of the user's name": async (at) => {
    await at.post("/sign-up/email", account(at, { name: "Ada Lovelace", password: "lovelace1815" }));
  },
  "a common password that is too short": async (at) => {
    await at.post("/sign-up/email", account(at, { password: "qwerty" }));
  },
  "a browser with a session signs up again": async (at) => {
    const ada = await at.user("ada");
    await ada.post("/sign-up/email", account(at, { email: at.email("grace") }));
    await ada.get("/get-session");
  },
  "a browser that was not remembered signs up remembered": async (at) => {
    const ada = await at.user("ada", { rememberMe: false });
    await ada.post("/sign-up/email", account(at, { email: at.email("grace") }));
  },
  "with a form": async (at) => {
    const text = new URLSearchParams(account(at, { image: "x.png" })).toString();
    await at.send("POST", "/sign-up/email", { text, type: "application/x-www-form-urlencoded" });
  },
  "a form's words are not booleans": async (at) => {
    const text = new URLSearchParams(account(at, { rememberMe: "false" })).toString();
    await at.send("POST", "/sign-up/email", { text, type: "application/x-www-form-urlencoded" });
  },
  "a form with a field twice": async (at) => {
    const text = `${new URLSearchParams(account(at))}&name=Grace`;
    await at.send("POST", "/sign-up/email", { text, type: "application/x-www-form-urlencoded; charset=utf-8" });
  },
  "a user agent is kept": async (at) => {
    const ada = at.browser();
    await ada.post("/sign-up/email", account(at), { headers: { "user-agent": "Lynx/2.9 (Ünïcode)" } });
    await ada.get("/get-session");
  },
};

plain["a forwarded address, where no proxy is trusted"] = async (at) => {
  const ada = at.browser();
  await ada.post("/sign-up/email", account(at), { headers: { "x-forwarded-for": "203.0.113.9" } });
  await ada.get("/get-session");
};

const ADDRESSES = [
  "ada", "@example.com", "ada@", "ada@example", "ada@@example.com", "ada lovelace@example.com", ".ada@example.com",
  "ada.@example.com", "a..da@example.com", "ada+tag@example.com", "ada_l-o.v3@example.com", "o'hara@example.com",
  "\"ada\"@example.com", "ada@[127.0.0.1]", "ada@127.0.0.1", "ada@example.c", "ada@-example.com", "ada@exa_mple.com",
  "ada@sub.example.co.uk", "ada@EXAMPLE.COM", "ada@example.com ", " ada@example.com", "ada@exämple.com",
  "ädä@example.com", "ada@xn--exmple-cua.com", "ada@example..com", "ada#x@example.com", "ada!x@example.com",
  "ada%x@example.com", "ada/x@example.com", "ada\n@example.com", "ada@example.com\n", "ada@example.123",
];
for (const address of ADDRESSES) {
  plain[`the address ${JSON.stringify(address)}`] = (at) => at.post("/sign-up/email", account(at, { email: address }));
}

const PASSWORDS = {
  "7 characters": "1234567",
  "8 characters": "8 horses",
  "128 characters": "x".repeat(128),
  "129 characters": "x".repeat(129),
  "128 characters outside the first plane": "👩".repeat(64),
  "129 UTF-16 units": `${"👩".repeat(64)}x`,
  "4 characters that count as 8": "👩👩👩👩",
  "8 blanks": "        ",
  "a NUL": "1234\u00005678",
  "73 bytes": "x".repeat(73),
  "a lone surrogate": "1234567\ud800",
};
for (const [what, password] of Object.entries(PASSWORDS)) {
  plain[`a password of ${what}, then a sign-in with it`] = async (at) => {
    await at.post("/sign-up/email", account(at, { password }));
    await at.post("/sign-in/email", { email: at.email("ada"), password });
  };
}

const LONG = {
  name: "x".repeat(101),
  email: `${"a".repeat(64)}@${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}.${"e".repeat(10)}.com`,
  image: `https://example.com/${"x".repeat(2048)}`,
  callbackURL: `/${"x".repeat(4000)}`,
};
plain["an image that is a script"] = (at) =>
  at.post("/sign-up/email", account(at, { image: "javascript:alert(1)" }));
for (const [field, value] of Object.entries(LONG)) {
  plain[`a very long ${field}`] = (at) => at.post("/sign-up/email", account(at, { [field]: value }));
}
for (const field of ["name", "image"]) {
  plain[`a NUL in ${field}`] = (at) => at.post("/sign-up/email", account(at, { [field]: "a\u0000b" }));
}

/** If signing up does not sign in, the response does not reveal whether the email has an account. */
const quiet = {
  "no session": signUp({}),
  "not remembered either": signUp({ rememberMe: false }),
  "a taken address looks free": async (at) => {
    const email = at.email("shared");
    await at.post("/sign-up/email", account(at, { email }));
    await at.post("/sign-up/email", account(at, { name: "Mallory", email: email.toUpperCase(), image: "x.png" }));
    await at.post("/sign-up/email", account(at, { email, password: "short" }));
    await at.post("/sign-up/email", account(at, { email, callbackURL: "/there" }));
  },
};

const closed = {
  "sign-up is closed": async (at) => {
    await at.post("/sign-up/email", account(at));
    await at.post("/sign-up/email", account(at, { password: "short" }));
    await at.post("/sign-up/email", account(at, { email: "ada" }));
    await at.post("/sign-in/email", { email: at.email("ada"), password: PASSWORD });
  },
};

const lengths = [11, 12, 20, 21].map((length) => "x".repeat(length));
const passwords = Object.fromEntries(
  lengths.map((password) => [
    `a password of ${password.length} where 12 to 20 are asked`,
    async (at) => {
      await at.post("/sign-up/email", account(at, { password }));
      await at.post("/sign-in/email", { email: at.email("ada"), password });
    },
  ]),
);

export default { plain, closed, passwords, verification: quiet, "no-auto-sign-in": { ...quiet } };
