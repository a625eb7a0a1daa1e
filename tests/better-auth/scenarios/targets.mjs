import { PASSWORD } from "../browser.mjs";

const FEW = ["/x?y#z", "http://localhost:3000/x", "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "x"];
const ALL = [
  "/", "/x", "/x/../y", "/x?y=z", "/x?next=//evil.example", "/x#y", "/x:y", "/@evil.example", "/;evil", "/x%20y", "/%2e%2e",
  "//evil.example", "///evil.example", "/\\evil.example", "\\evil.example", "/%2fevil.example", "/%2Fevil.example",
  "/%5cevil.example", "/x%2fy", "/x?y=%2f", "/\tevil.example", "/\nevil.example", "/x\u0000", "/\u0085", "\u0001/x", " /x", "/x ",
  "x", "./x", "../x", "?x", "#x", "http:evil.example", "http:/evil.example", "http://evil.example", "https://evil.example",
  "javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "mailto:a@b.de", "blob:http://localhost:3000/x",
  "http://localhost:3000", "http://localhost:3000/", "http://localhost:3000/x?y#z", "http://localhost:3000//evil.example",
  "http://localhost:8081/x", "http://localhost:3001", "http://localhost", "https://localhost:3000", "HTTP://LOCALHOST:3000/x",
  "http://localhost:3000@evil.example", "http://localhost:3000.evil.example", "http://localhost:30000", "http://localhost:3000\\@evil.example",
  "http://user:pw@localhost:3000/x", "http://evil.example/http://localhost:3000", "http://evil.example?http://localhost:3000",
  "http://localhost%3A3000", "http://localhost:3000%2f@evil.example", "http://loc\talhost:3000/x", "//localhost:3000/x",
  "http://localhost:03000/x", "http:\\\\localhost:3000", "/👩", "/%", "/%zz", "/[x]", "/<x>", "/\"x\"",
];
/** Paths that lead to another host once their dots are resolved. */
const TWO_SLASHES = ["/.//evil.example", "/..//evil.example", "/x/..//evil.example", "/%2e//evil.example"];
/** Targets that a header cannot contain. */
const CONTROLS = ALL.filter((target) => /[\u0000-\u001f\u007f-\u009f]/.test(target));
const TARGETS = ALL.filter((target) => !CONTROLS.includes(target));
const FIELDS = ["callbackURL", "redirectTo", "errorCallbackURL", "newUserCallbackURL"];
const ODD = [null, 7, 0, true, false, [], {}, ["/x"], ""];

const plain = {};
for (const field of FIELDS) {
  plain[`${field} to everywhere`] = async (at) => {
    const targets = field === "callbackURL" ? TARGETS : FEW;
    for (const target of targets) await at.post("/sign-in/email", { email: "x", password: "x", [field]: target });
  };
  plain[`${field} of every type`] = async (at) => {
    for (const value of ODD) await at.post("/sign-in/email", { email: "x", password: "x", [field]: value });
  };
}
Object.assign(plain, {
  "control characters in callbackURL": async (at) => {
    for (const target of CONTROLS) await at.post("/sign-in/email", { email: "x", password: "x", callbackURL: target });
  },
  "callbackURL of the query to everywhere": async (at) => {
    for (const target of FEW) await at.post(`/sign-out?callbackURL=${encodeURIComponent(target)}`, {});
  },
  "callbackURL of the query and of the body": async (at) => {
    await at.post("/sign-out?callbackURL=https://evil.example", { callbackURL: "/x" });
    await at.post("/sign-out?callbackURL=/x", { callbackURL: "https://evil.example" });
    await at.post("/sign-out?callbackURL=/x&callbackURL=https://evil.example", {});
    await at.post("/sign-out?callbackURL=/x&callbackURL=/y", {});
  },
  "targets at endpoints that need none": async (at) => {
    for (const path of ["/sign-out", "/revoke-sessions", "/update-user", "/change-password"]) {
      for (const field of FIELDS) await at.post(path, { [field]: "https://evil.example" });
    }
  },
  "a bad target beside a bad body": async (at) => {
    await at.post("/sign-in/email", { callbackURL: "https://evil.example" });
    await at.post("/sign-up/email", { callbackURL: "https://evil.example" });
    await at.post("/sign-in/email", ["https://evil.example"]);
  },
  "a bad target beside a bad origin": async (at) => {
    const headers = { cookie: "a=b", origin: "https://evil.example" };
    await at.post("/sign-in/email", { callbackURL: "https://evil.example" }, { headers });
  },
  "targets of a query that only GETs look at": async (at) => {
    for (const path of ["/get-session", "/token", "/ok"]) await at.get(`${path}?callbackURL=https://evil.example`);
  },
  "paths that come out with two slashes": async (at) => {
    for (const target of TWO_SLASHES) await at.post("/sign-in/email", { email: "x", password: "x", callbackURL: target });
  },
  "a URL without slashes": async (at) => {
    const ada = await at.user();
    await at.post("/sign-in/email", { email: ada.email, password: PASSWORD, callbackURL: "http:localhost:3000/x" });
  },
  "where a sign-in leads, as its headers say": async (at) => {
    const ada = await at.user();
    for (const callbackURL of ["/x?y=z#a", "http://localhost:3000/x y", "/%C3%A4", "/\"x\"", "/[x]"]) {
      await at.post("/sign-in/email", { email: ada.email, password: PASSWORD, callbackURL });
    }
  },
});

const account = {
  "control characters in the callbackURL of a link": async (at) => {
    for (const target of CONTROLS) await at.get(`/verify-email?token=x&callbackURL=${encodeURIComponent(target)}`);
  },
};
for (const [path, what] of Object.entries({
  "/verify-email?token=garbage&callbackURL=": "a verification",
  "/reset-password/garbage?callbackURL=": "a reset",
  "/delete-user/callback?token=garbage&callbackURL=": "a deletion",
})) {
  account[`the link of ${what} to everywhere`] = async (at) => {
    for (const target of path.startsWith("/verify") ? TARGETS : FEW) await at.get(`${path}${encodeURIComponent(target)}`);
  };
}

account["paths that come out with two slashes, in links"] = async (at) => {
  for (const path of ["/verify-email?token=x&", "/reset-password/x?", "/delete-user/callback?token=x&"]) {
    for (const target of TWO_SLASHES) await at.get(`${path}callbackURL=${encodeURIComponent(target)}`);
  }
};

export default { plain, account };
