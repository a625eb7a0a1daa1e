// Who may follow a link, and until when. Better Auth requires only the link, until it expires.

import { PASSWORD } from "../browser.mjs";

const NEW = "another horse 2";
const STRANGERS = "a stranger's horse";

/** Ada, and a link that verifies her email. */
const verification = async (at) => {
  const ada = await at.user();
  await at.post("/send-verification-email", { email: ada.email, callbackURL: "/welcome" });
  return { ada, link: await at.mail(ada.email) };
};

/** Ada, and a link that changes her email to `to`. */
const change = async (at, to = "new") => {
  const ada = await at.user();
  await ada.post("/change-email", { newEmail: at.email(to), callbackURL: "/settings" });
  return { ada, link: await at.mail(at.email(to)) };
};

/** Ada, and a link that deletes her account. */
const deletion = async (at) => {
  const ada = await at.user();
  await ada.post("/delete-user", { callbackURL: "/bye" });
  return { ada, link: await at.mail(ada.email) };
};

/** Ada, and a link to her current email that confirms the change to `to`. */
const confirmation = async (at, to = "new") => {
  const ada = await at.user();
  await at.rows.verify(ada.email);
  await ada.post("/change-email", { newEmail: at.email(to), callbackURL: "/settings" });
  return { ada, link: await at.mail(ada.email) };
};

/** A pending sign-up, and its link. */
const signUp = async (at) => {
  const ada = await at.user("ada", { callbackURL: "/welcome" });
  return { ada, link: await at.mail(ada.email) };
};

/** The form fields of the page that a link opens. */
const fields = (link, password) => ({ token: link.token, callbackURL: "/welcome", password });

/** Resets the password. Returns a browser signed in with the new one. */
const reset = async (at, ada) => {
  const earlier = (await at.side.mail()).filter((message) => message.to === ada.email && message.link).length;
  await at.post("/request-password-reset", { email: ada.email, redirectTo: "/reset" });
  const { token } = await at.mail(ada.email, earlier + 1);
  await at.post("/reset-password", { token, newPassword: NEW });
  return at.elsewhere(ada, { password: NEW });
};

const changePassword = async (at, ada) => {
  await ada.post("/change-password", { currentPassword: PASSWORD, newPassword: NEW });
  return ada;
};

/** The browser that requested the link signs out, and Ada signs in elsewhere. */
const signOut = async (at, ada) => {
  const there = await at.elsewhere(ada);
  await ada.post("/sign-out");
  return there;
};

/** The session that requested the link expires, and Ada signs in elsewhere. */
const expire = async (at, ada) => {
  await at.rows.age(ada.token, "8 days");
  return at.elsewhere(ada);
};

/** `happens` runs between the mail and the click. Shows the link's effect on the account. */
const after = (ask, happens) => async (at) => {
  const { ada, link } = await ask(at);
  const browser = await happens(at, ada);
  await browser.open(link.path);
  await browser.get("/get-session");
};

/** Links used by somebody who has only the link. */
const byLink = {
  "a verification, by a program that has the link alone": async (at) => {
    const { ada, link } = await verification(at);
    await at.get(link.path);
    await at.get(`/verify-email?token=${link.token}`);
    await ada.get("/get-session");
  },
  "a verification, opened in another browser": async (at) => {
    const { ada, link } = await verification(at);
    await at.browser().open(link.path);
    await ada.get("/get-session");
  },
  "a verification, in another user's browser": async (at) => {
    const { ada, link } = await verification(at);
    const grace = await at.user("grace");
    await grace.open(link.path);
    await ada.get("/get-session");
    await grace.get("/get-session");
  },
  "a change of address, by a program that has the link alone": async (at) => {
    const { ada, link } = await change(at);
    await at.get(`/verify-email?token=${link.token}`);
    await ada.get("/get-session");
  },
};

const account = {
  "a verification, with the password on the page": async (at) => {
    const { ada, link } = await verification(at);
    const there = at.browser();
    await there.submit("/verify-email", fields(link));
    await there.submit("/verify-email", fields(link, "wrong password"));
    await there.submit("/verify-email", fields(link, PASSWORD));
    await at.elsewhere(ada);
  },
  "a verification, by a program that has the password": async (at) => {
    const { ada, link } = await verification(at);
    await at.post("/verify-email", { token: link.token });
    await at.post("/verify-email", { token: link.token, password: "wrong password" });
    await at.post("/verify-email", { token: link.token, password: PASSWORD });
    await at.elsewhere(ada);
  },
  "a verification, in the browser that signed up and signed out": async (at) => {
    const { ada, link } = await verification(at);
    await ada.post("/sign-out");
    await ada.open(link.path);
    await at.elsewhere(ada);
  },
  "a verification, and the other sessions": async (at) => {
    const { ada, link } = await verification(at);
    const there = await at.elsewhere(ada);
    await ada.open(link.path);
    await ada.get("/list-sessions");
    await there.get("/get-session");
  },
  "a verification, in the browser that signed up, and the sessions": async (at) => {
    const { ada, link } = await verification(at);
    const there = await at.elsewhere(ada);
    await ada.post("/sign-out");
    await ada.open(link.path);
    await there.get("/get-session");
  },
  "a verification, after a reset": after(verification, reset),
  "a verification, after a changed password": after(verification, changePassword),
  "a verification, after a sign-out": after(verification, signOut),
  "a change of address, opened in another browser": async (at) => {
    const { ada, link } = await change(at);
    await at.browser().open(link.path);
    await ada.get("/get-session");
  },
  "a change of address, with the password on the page": async (at) => {
    const { ada, link } = await change(at);
    const there = at.browser();
    await there.submit("/verify-email", fields(link));
    await there.submit("/verify-email", fields(link, PASSWORD));
    await ada.get("/get-session");
  },
  "a change of address, after a reset": after(change, reset),
  "a change of address, after a changed password": after(change, changePassword),
  "a change of address, after a sign-out": after(change, signOut),
  "a change of address, after its session expired": after(change, expire),
  "a change of address, asked for in a session that is not fresh": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "25 hours");
    await ada.post("/change-email", { newEmail: at.email("stale") });
    await ada.post("/change-email", { newEmail: ada.email });
    const there = await at.elsewhere(ada);
    await there.post("/change-email", { newEmail: at.email("new") });
    await there.open((await at.mail(at.email("new"))).path);
    await there.get("/get-session");
  },
  "a reset, after a changed password": async (at) => {
    const ada = await at.user();
    await at.post("/request-password-reset", { email: ada.email, redirectTo: "/reset" });
    const link = await at.mail(ada.email);
    await changePassword(at, ada);
    await at.browser().open(link.path);
    await at.post("/reset-password", { token: link.token, newPassword: STRANGERS });
    await at.elsewhere(ada, { password: STRANGERS });
  },
  "a reset, after a change of address": async (at) => {
    const { ada, link } = await change(at);
    await at.post("/request-password-reset", { email: ada.email, redirectTo: "/reset" });
    const old = await at.mail(ada.email);
    await ada.open(link.path);
    await at.post("/reset-password", { token: old.token, newPassword: STRANGERS });
  },
};

const confirmed = {
  "a confirmation, by a program that has the link alone": async (at) => {
    const { link } = await confirmation(at, "unasked-program");
    await at.get(`/verify-email?token=${link.token}`);
  },
  "a confirmation, opened in another browser": async (at) => {
    const { link } = await confirmation(at, "unasked-browser");
    await at.browser().open(link.path);
  },
  "a confirmation, by the button of the page": async (at) => {
    const { ada, link } = await confirmation(at, "agreed");
    const there = at.browser();
    await there.submit("/verify-email", fields(link));
    await ada.get("/get-session");
  },
  "a confirmation, in another user's browser": async (at) => {
    const { link } = await confirmation(at);
    const grace = await at.user("grace");
    await grace.open(link.path);
  },
  "a confirmation, after a sign-out": after((at) => confirmation(at, "unasked-signed-out"), signOut),
};

const deleting = {
  "a deletion, after a reset": after(deletion, reset),
  "a deletion, after a changed password": after(deletion, changePassword),
  "a deletion, after a sign-out": after(deletion, signOut),
  "a deletion, after its session expired": after(deletion, expire),
};

/** A stranger signs up with Ada's email before she does. She follows the link of her own sign-up. */
const strangerFirst = async (at) => {
  const stranger = await at.user("owner", { name: "Mallory", password: STRANGERS });
  const ada = await at.user("owner");
  await ada.post("/send-verification-email", { email: ada.email });
  const link = await at.mail(ada.email, { theirs: 2, ours: 3 });
  await ada.open(link.path);
  return { stranger, ada };
};

const waiting = {
  "a sign-up, by a program that has the link alone": async (at) => {
    const { ada, link } = await signUp(at);
    await at.get(`/verify-email?token=${link.token}`);
    await at.elsewhere(ada);
  },
  "a sign-up, opened in another browser": async (at) => {
    const { ada, link } = await signUp(at);
    await at.browser().open(link.path);
    await at.elsewhere(ada);
  },
  "a sign-up, with the password on the page": async (at) => {
    const { ada, link } = await signUp(at);
    const there = at.browser();
    await there.submit("/verify-email", fields(link));
    await there.submit("/verify-email", fields(link, "wrong password"));
    await there.submit("/verify-email", fields(link, PASSWORD));
    await at.elsewhere(ada);
  },
  "a stranger signs up first, and tries the password": async (at) => {
    const { stranger } = await strangerFirst(at);
    await at.elsewhere(stranger);
  },
  "a stranger signs up first, and the owner signs in": async (at) => {
    const { ada } = await strangerFirst(at);
    await (await at.elsewhere(ada)).get("/get-session");
  },
  "a reset for a sign-up that waits": async (at) => {
    const ada = await at.user("waiting");
    await at.mail(ada.email);
    await at.post("/request-password-reset", { email: ada.email, redirectTo: "/reset" });
  },
};

export default {
  account: { ...byLink, ...account },
  "by-link": byLink,
  "confirmed-change": confirmed,
  "deletion-mail": deleting,
  verification: waiting,
};
