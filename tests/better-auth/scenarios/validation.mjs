import { PASSWORD } from "../browser.mjs";

/** Every endpoint with a body, and a valid body. Nobody is signed in, because validation precedes authentication. */
const ENDPOINTS = {
  "/sign-up/email": (at) => ({
    name: "Ada", email: at.email("ada"), password: PASSWORD, image: "x.png", callbackURL: "/", rememberMe: true,
  }),
  "/sign-in/email": (at) => ({ email: at.email("ada"), password: PASSWORD, callbackURL: "/", rememberMe: true }),
  "/revoke-session": () => ({ token: "x" }),
  "/change-password": () => ({ newPassword: PASSWORD, currentPassword: PASSWORD, revokeOtherSessions: true }),
  "/change-email": (at) => ({ newEmail: at.email("new"), callbackURL: "/" }),
  "/delete-user": () => ({ password: PASSWORD, token: "x", callbackURL: "/" }),
  "/request-password-reset": (at) => ({ email: at.email("nobody"), redirectTo: "/" }),
  "/reset-password": () => ({ newPassword: PASSWORD, token: "x" }),
  "/send-verification-email": (at) => ({ email: at.email("nobody"), callbackURL: "/" }),
  "/update-user": () => ({ name: "Ada", image: "x.png" }),
};
const BODILESS = ["/sign-out", "/revoke-sessions", "/revoke-other-sessions"];
const VALUES = [null, 7, 1.5, true, false, "", "text", [], ["x"], {}, { x: 1 }];

const account = {};
for (const [path, valid] of Object.entries(ENDPOINTS)) {
  for (const field of Object.keys(valid({ email: String }))) {
    account[`${path}: ${field} of every type`] = async (at) => {
      const { [field]: _, ...without } = valid(at);
      await at.post(path, without);
      for (const value of VALUES) await at.post(path, { ...without, [field]: value });
    };
  }
  account[`${path}: everything wrong at once`] = async (at) => {
    const fields = Object.keys(valid(at));
    await at.post(path, Object.fromEntries(fields.map((field) => [field, 7])));
    await at.post(path, Object.fromEntries(fields.toReversed().map((field) => [field, null])));
  };
}

const NO_JSON = ["{", "{]", "x", "{'a': 1}", "{\"a\": 1,}", "{} {}", "\ufeff{}", " ", "nul", "01", "NaN", "{\"a\": \u0001}"];
const MEDIA_TYPES = [
  undefined, "text/plain", "application/x-www-form-urlencoded", "text/plain;charset=UTF-8", "application/json; charset=utf-8",
  "APPLICATION/JSON", "application/json;charset=latin1", "application/vnd.api+json", "multipart/form-data; boundary=x",
  "text/json", "json", "application/xml", "application/json, text/plain",
];
/** The endpoints that get every body. The others get a few, to show that they behave in the same way. */
const THOROUGHLY = new Set(["/sign-in/email", "/update-user", "/sign-out"]);
for (const path of [...Object.keys(ENDPOINTS), ...BODILESS]) {
  const some = (list, few) => (THOROUGHLY.has(path) ? list : list.slice(0, few));
  account[`${path}: a body that is no object`] = async (at) => {
    for (const body of [null, 7, "text", true, [], [{}], {}]) await at.post(path, body);
  };
  account[`${path}: no body`] = async (at) => {
    await at.send("POST", path);
    for (const type of ["text/plain", "application/json"]) await at.send("POST", path, { headers: { "content-type": type } });
  };
  account[`${path}: a body that is no JSON`] = async (at) => {
    for (const text of some(NO_JSON, 2)) await at.send("POST", path, { text, type: "application/json" });
  };
  account[`${path}: media types`] = async (at) => {
    for (const type of some(MEDIA_TYPES, 3)) await at.send("POST", path, { text: "{}", type });
  };
}

const plain = {
  "a body over 64 KiB": (at) => at.post("/sign-in/email", { email: "x", password: "x".repeat(70_000) }),
  "a body with a Content-Encoding": async (at) => {
    const [text, headers] = ['{"email": "x", "password": "x"}', { "content-encoding": "gzip" }];
    await at.send("POST", "/sign-in/email", { text, type: "application/json", headers });
  },
  "a field twice": async (at) => {
    const text = `{"email": "x", "email": "${at.email("ada")}", "password": "x"}`;
    await at.send("POST", "/sign-in/email", { text, type: "application/json" });
  },
  "names that JavaScript has a meaning for": async (at) => {
    await at.send("POST", "/sign-in/email", { text: '{"__proto__": {"email": "a@b.de", "password": "x"}}', type: "application/json" });
    await at.send("POST", "/sign-in/email", { text: '{"constructor": 1, "email": 1}', type: "application/json" });
  },
  "numbers beyond all bounds": async (at) => {
    await at.send("POST", "/sign-in/email", { text: '{"email": 1e400, "password": -0}', type: "application/json" });
    await at.send("POST", "/sign-in/email", { text: `{"email": ${"9".repeat(400)}, "password": 1}`, type: "application/json" });
  },
  "a body nested deep": async (at) => {
    const text = `{"email": ${"[".repeat(5000)}${"]".repeat(5000)}}`;
    await at.send("POST", "/sign-in/email", { text, type: "application/json" });
  },
  "bytes that are no UTF-8": async (at) => {
    const text = Buffer.from([...Buffer.from('{"email": "'), 0xff, ...Buffer.from('", "password": "x"}')]);
    await at.send("POST", "/sign-in/email", { text, type: "application/json" });
  },
};

export default { account, plain };
