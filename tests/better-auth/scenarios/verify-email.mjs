/** A user who requested a link, and the link. */
const asked = async (at, more = {}) => {
  const ada = await at.user();
  await at.post("/send-verification-email", { email: ada.email, ...more });
  return { ada, link: await at.mail(ada.email) };
};

/** `by` follows the links: the user's browser, or somebody who has only the link, which Better Auth also accepts. */
const following = (by) => ({
  "from the request to a verified address": async (at) => {
    const { ada, link } = await asked(at);
    await by(at, ada).open(link.path);
    await ada.get("/get-session");
  },
  "without a callbackURL": async (at) => {
    const { ada, link } = await asked(at);
    await by(at, ada).get(`/verify-email?token=${link.token}`);
    await ada.get("/get-session");
    await by(at, ada).get(`/verify-email?token=${link.token}`);
  },
  "a callbackURL with a query": async (at) => {
    const { ada, link } = await asked(at, { callbackURL: "/welcome?x=y#z" });
    await by(at, ada).open(link.path);
    await by(at, ada).open(link.path);
  },
  "a callbackURL of a trusted page": async (at) => {
    const { ada, link } = await asked(at, { callbackURL: "http://localhost:3000/welcome" });
    await by(at, ada).open(link.path);
  },
  "a link that is followed to elsewhere": async (at) => {
    const { ada, link } = await asked(at);
    for (const target of ["https://evil.example", "//evil.example", "/%5Cevil.example", "x"]) {
      await by(at, ada).get(`/verify-email?token=${link.token}&callbackURL=${encodeURIComponent(target)}`);
    }
    await ada.get("/get-session");
  },
  "a token that is over": async (at) => {
    const { ada, link } = await asked(at);
    const token = await at.rows.expire(link.token);
    await by(at, ada).get(`/verify-email?token=${token}`);
    await by(at, ada).get(`/verify-email?token=${token}&callbackURL=/welcome`);
    await ada.get("/get-session");
  },
  "of a user who is gone": async (at) => {
    const { ada, link } = await asked(at);
    await at.rows.forgetUser(ada);
    await by(at, ada).get(`/verify-email?token=${link.token}`);
    await by(at, ada).open(link.path);
  },
});

const account = {
  ...following((at, ada) => ada),
  "a callbackURL elsewhere": async (at) => {
    const ada = await at.user();
    for (const callbackURL of ["https://evil.example", "//evil.example", "x"]) {
      await at.post("/send-verification-email", { email: ada.email, callbackURL });
    }
  },
  "a token of nobody": async (at) => {
    for (const token of ["garbage", "", "a.b.c", "x".repeat(3000), "%F0%9F%91%A9"]) {
      await at.get(`/verify-email?token=${token}`);
      await at.get(`/verify-email?token=${token}&callbackURL=/welcome`);
      await at.get(`/verify-email?token=${token}&callbackURL=${encodeURIComponent("/welcome?x=y#z")}`);
    }
  },
  "a NUL in a token": async (at) => {
    await at.get("/verify-email?token=%00");
    await at.get("/verify-email?token=%00&callbackURL=/welcome");
  },
  "no token": async (at) => {
    await at.get("/verify-email");
    await at.get("/verify-email?callbackURL=/welcome");
    await at.get("/verify-email?token=a&token=b");
    await at.get("/verify-email?token=a&callbackURL=/a&callbackURL=/b");
  },
  "in the browser that is signed in": async (at) => {
    const { ada, link } = await asked(at);
    await ada.open(link.path);
    await ada.get("/get-session");
  },
  "in a browser whose session is over": async (at) => {
    const { ada, link } = await asked(at);
    await at.rows.age(ada.token, "8 days");
    const { cookie } = ada;
    await ada.get(`/verify-email?token=${link.token}`);
    await ada.get("/get-session", { headers: { cookie } });
  },
  "in a browser whose session is a day old": async (at) => {
    const { ada, link } = await asked(at);
    await at.rows.age(ada.token, "25 hours");
    await ada.get(`/verify-email?token=${link.token}`);
    await ada.get("/get-session");
  },
  "asked for in a browser whose session is over": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "8 days");
    await ada.post("/send-verification-email", { email: ada.email });
  },
  "asked for in a browser whose session is a day old": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "25 hours");
    await ada.post("/send-verification-email", { email: ada.email });
  },
  "asked for by a bearer": async (at) => {
    const ada = await at.user("ada");
    const headers = { authorization: `Bearer ${ada.token}` };
    await at.post("/send-verification-email", { email: ada.email }, { headers });
    await at.post("/send-verification-email", { email: at.email("nobody") }, { headers });
  },
  "asked for by the user": async (at) => {
    const ada = await at.user();
    await ada.post("/send-verification-email", { email: ada.email });
    await at.mail(ada.email);
    await ada.post("/send-verification-email", { email: ada.email.toUpperCase(), callbackURL: "/welcome" });
    await at.mail(ada.email, 2);
  },
  "asked for by another user": async (at) => {
    const ada = await at.user("ada");
    const grace = await at.user("grace");
    await grace.post("/send-verification-email", { email: ada.email });
    await grace.post("/send-verification-email", { email: at.email("nobody") });
  },
  "asked for when it is verified": async (at) => {
    const ada = await at.user();
    await at.rows.verify(ada.email);
    await ada.post("/send-verification-email", { email: ada.email });
    await at.post("/send-verification-email", { email: ada.email });
  },
  "asked for an unknown address": async (at) => {
    await at.post("/send-verification-email", { email: at.email("nobody") });
  },
  "asked for in capitals": async (at) => {
    const ada = await at.user();
    await at.post("/send-verification-email", { email: ada.email.toUpperCase() });
    await at.mail(ada.email);
  },
  "a link of another kind": async (at) => {
    const ada = await at.user();
    await at.post("/request-password-reset", { email: ada.email, redirectTo: "/reset" });
    const { token } = await at.mail(ada.email);
    await at.get(`/verify-email?token=${token}`);
    await ada.get("/get-session");
  },
};

const byLink = {
  ...following((at) => at.browser()),
  "in the browser of another user": async (at) => {
    const { ada, link } = await asked(at);
    const grace = await at.user("grace");
    await grace.open(link.path);
    await ada.get("/get-session");
    await grace.get("/get-session");
  },
};

const plain = {
  "a service that sends no mail": async (at) => {
    const ada = await at.user();
    await at.post("/send-verification-email", { email: ada.email });
    await ada.post("/send-verification-email", { email: ada.email });
    await at.get("/verify-email?token=garbage");
    await at.get("/verify-email?token=garbage&callbackURL=/welcome");
  },
};

const signingUp = (by) => ({
  "a sign-up sends the link": async (at) => {
    const ada = await at.user("ada", { callbackURL: "/welcome" });
    const link = await at.mail(ada.email);
    await by(at, ada).open(link.path);
    await (await at.elsewhere(ada)).get("/get-session");
    await by(at, ada).open(link.path);
  },
  "a sign-up without a callbackURL": async (at) => {
    const ada = await at.user();
    await by(at, ada).open((await at.mail(ada.email)).path);
  },
  "a sign-up whose link is over": async (at) => {
    const ada = await at.user();
    const token = await at.rows.expire((await at.mail(ada.email)).token);
    await by(at, ada).get(`/verify-email?token=${token}`);
    await by(at, ada).get(`/verify-email?token=${token}&callbackURL=/welcome`);
    await at.elsewhere(ada);
  },
  "a sign-in before it, and asking again": async (at) => {
    const ada = await at.user();
    await at.elsewhere(ada);
    await at.post("/send-verification-email", { email: ada.email, callbackURL: "/again" });
    const link = await at.mail(ada.email, 2);
    await by(at, ada).open(link.path);
    await at.elsewhere(ada);
  },
});

account["mail that cannot be sent"] = async (at) => {
  const ada = await at.user("unreachable");
  await ada.post("/send-verification-email", { email: at.email("unreachable") });
  await at.post("/request-password-reset", { email: at.email("unreachable") });
};

export default {
  account,
  "by-link": byLink,
  plain,
  verification: signingUp((at, ada) => ada),
  "verification-by-link": signingUp((at) => at.browser()),
};
