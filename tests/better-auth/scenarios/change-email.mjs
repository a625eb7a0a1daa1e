/** One request to change the email. */
const ask = (browser, newEmail, more = {}) => browser.post("/change-email", { newEmail, ...more });

const account = {
  "from the request to the new address": async (at) => {
    const ada = await at.user();
    await ask(ada, at.email("new"));
    await ada.get("/get-session");
    const link = await at.mail(at.email("new"));
    await ada.get(`/verify-email?token=${link.token}`);
    await ada.get("/get-session");
    await at.elsewhere(ada);
    await at.elsewhere({ ...ada, email: at.email("new"), password: ada.password });
  },
  "with a callbackURL, in the user's browser": async (at) => {
    const ada = await at.user();
    await ask(ada, at.email("new"), { callbackURL: "/settings" });
    const link = await at.mail(at.email("new"));
    await ada.open(link.path);
    await ada.get("/get-session");
    await ada.open(link.path);
  },
  "in another user's browser": async (at) => {
    const ada = await at.user("ada");
    const grace = await at.user("grace");
    await ask(ada, at.email("new"));
    const link = await at.mail(at.email("new"));
    await grace.get(`/verify-email?token=${link.token}`);
    await grace.open(link.path);
    await ada.get("/get-session");
  },
  "a verification that was asked for before": async (at) => {
    const ada = await at.user();
    await at.post("/send-verification-email", { email: ada.email });
    const old = await at.mail(ada.email);
    await ask(ada, at.email("new"));
    const link = await at.mail(at.email("new"));
    await ada.get(`/verify-email?token=${link.token}`);
    await ada.get(`/verify-email?token=${old.token}`);
    await ada.get("/get-session");
  },
  "of a verified user": async (at) => {
    const ada = await at.user();
    await at.rows.verify(ada.email);
    await ask(ada, at.email("new"));
    const link = await at.mail(at.email("new"));
    await ada.get(`/verify-email?token=${link.token}`);
    await ada.get("/get-session");
  },
  "to capitals": async (at) => {
    const ada = await at.user();
    await ask(ada, at.email("NEW").toUpperCase());
    const link = await at.mail(at.email("new"));
    await ada.get(`/verify-email?token=${link.token}`);
    await ada.get("/get-session");
  },
  "to the address it is": async (at) => {
    const ada = await at.user();
    await ask(ada, ada.email);
    await ask(ada, ada.email.toUpperCase());
  },
  "to a taken address": async (at) => {
    const ada = await at.user("ada");
    const grace = await at.user("grace");
    await ask(ada, grace.email);
    await ada.get("/get-session");
  },
  "to an address that is taken in the meantime": async (at) => {
    const ada = await at.user("ada");
    await ask(ada, at.email("new"));
    const link = await at.mail(at.email("new"));
    await at.user("new");
    await ada.get(`/verify-email?token=${link.token}`);
    await ada.get("/get-session");
  },
  "a link that is over": async (at) => {
    const ada = await at.user();
    await ask(ada, at.email("new"));
    const link = await at.mail(at.email("new"));
    const token = await at.rows.expire(link.token);
    await ada.get(`/verify-email?token=${token}`);
    await ada.get(`/verify-email?token=${token}&callbackURL=/settings`);
    await ada.get("/get-session");
  },
  "a link after another change": async (at) => {
    const ada = await at.user();
    await ask(ada, at.email("one"));
    await ask(ada, at.email("two"));
    const [one, two] = [await at.mail(at.email("one")), await at.mail(at.email("two"))];
    await ada.get(`/verify-email?token=${one.token}`);
    await ada.get(`/verify-email?token=${two.token}`);
    await ada.get("/get-session");
  },
  "a link of a user who is gone": async (at) => {
    const ada = await at.user();
    await ask(ada, at.email("new"));
    const link = await at.mail(at.email("new"));
    await at.rows.forgetUser(ada);
    await ada.get(`/verify-email?token=${link.token}`);
  },
  "of nobody": (at) => at.post("/change-email", { newEmail: at.email("new") }),
  "to a callbackURL elsewhere": async (at) => {
    const ada = await at.user();
    await ask(ada, at.email("new"), { callbackURL: "https://evil.example" });
  },
};

const confirmed = {
  "an address that is not verified needs no confirmation": async (at) => {
    const ada = await at.user();
    await ask(ada, at.email("new"));
    const link = await at.mail(at.email("new"));
    await ada.get(`/verify-email?token=${link.token}`);
    await ada.get("/get-session");
  },
  "a verified address is asked first": async (at) => {
    const ada = await at.user();
    await at.rows.verify(ada.email);
    await ask(ada, at.email("new"), { callbackURL: "/settings" });
    const confirm = await at.mail(ada.email);
    await ada.open(confirm.path);
    await ada.get("/get-session");
    const verify = await at.mail(at.email("new"));
    await ada.open(verify.path);
    await ada.get("/get-session");
  },
  "a confirmation without a callbackURL": async (at) => {
    const ada = await at.user();
    await at.rows.verify(ada.email);
    await ask(ada, at.email("new"));
    const confirm = await at.mail(ada.email);
    await ada.get(`/verify-email?token=${confirm.token}`);
    const verify = await at.mail(at.email("new"));
    await ada.get(`/verify-email?token=${verify.token}`);
  },
};

const short = {
  "any session is fresh enough where none need be": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "110 minutes");
    await ask(ada, at.email("new"));
    const link = await at.mail(at.email("new"));
    await ada.get(`/verify-email?token=${link.token}`);
  },
};

const plain = {
  "where it is off": async (at) => {
    const ada = await at.user();
    await ask(ada, at.email("new"));
    await ask(ada, ada.email);
    await ask(ada, "nonsense");
    await at.post("/change-email", { newEmail: at.email("new") });
  },
};

export default { account, "confirmed-change": confirmed, short, plain };
