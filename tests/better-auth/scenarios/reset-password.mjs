import { PASSWORD } from "../browser.mjs";

const NEW = "another horse 2";

/** A user who requested a link, and the link. */
const asked = async (at, more = {}) => {
  const ada = await at.user();
  await at.post("/request-password-reset", { email: ada.email, redirectTo: "/reset", ...more });
  return { ada, link: await at.mail(ada.email) };
};

const account = {
  "from the request to the new password": async (at) => {
    const { ada, link } = await asked(at);
    await at.get(link.path);
    await at.post("/reset-password", { token: link.token, newPassword: NEW });
    await at.elsewhere(ada);
    await at.elsewhere(ada, { password: NEW });
  },
  "the sessions after it": async (at) => {
    const { ada, link } = await asked(at);
    await at.post("/reset-password", { token: link.token, newPassword: NEW });
    await ada.get("/get-session");
  },
  "an unknown address looks like a known one": async (at) => {
    await at.post("/request-password-reset", { email: at.email("nobody") });
    await at.post("/request-password-reset", { email: at.email("nobody"), redirectTo: "/reset" });
  },
  "an address in capitals": async (at) => {
    const ada = await at.user();
    await at.post("/request-password-reset", { email: ada.email.toUpperCase(), redirectTo: "/reset" });
    await at.mail(ada.email);
  },
  "without a redirect": async (at) => {
    const { link } = await asked(at, { redirectTo: undefined });
    await at.get(link.path);
    await at.get(`/reset-password/${link.token}`);
  },
  "a redirect with a query of its own": async (at) => {
    const { link } = await asked(at, { redirectTo: "/reset?lang=en&token=mine#top" });
    await at.get(link.path);
  },
  "a redirect to a trusted page": async (at) => {
    const { link } = await asked(at, { redirectTo: "http://localhost:3000/reset" });
    await at.get(link.path);
  },
  "a redirect elsewhere": async (at) => {
    const ada = await at.user();
    for (const redirectTo of ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "x"]) {
      await at.post("/request-password-reset", { email: ada.email, redirectTo });
    }
  },
  "a link that is followed to elsewhere": async (at) => {
    const { link } = await asked(at);
    for (const target of ["https://evil.example", "//evil.example", "/%5Cevil.example", "x", ""]) {
      await at.get(`/reset-password/${link.token}?callbackURL=${encodeURIComponent(target)}`);
    }
  },
  "a token of nobody": async (at) => {
    await at.get("/reset-password/garbage?callbackURL=/reset");
    await at.get("/reset-password/garbage?callbackURL=http%3A%2F%2Flocalhost%3A3000%2Freset%3Fx%3Dy");
    await at.get("/reset-password/garbage");
    await at.get("/reset-password/%00?callbackURL=/reset");
    await at.get(`/reset-password/${"x".repeat(3000)}?callbackURL=/reset`);
    for (const token of ["garbage", "", "👩", "x".repeat(3000)]) await at.post("/reset-password", { token, newPassword: NEW });
    await at.post("/reset-password", { newPassword: NEW });
    await at.post("/reset-password?token=garbage", { newPassword: NEW });
  },
  "a token of the query": async (at) => {
    const { ada, link } = await asked(at);
    await at.post(`/reset-password?token=${link.token}`, { newPassword: NEW });
    await at.elsewhere(ada, { password: NEW });
  },
  "a token twice": async (at) => {
    const { link } = await asked(at);
    await at.post("/reset-password", { token: link.token, newPassword: NEW });
    await at.post("/reset-password", { token: link.token, newPassword: NEW });
    await at.get(link.path);
  },
  "a token that is over": async (at) => {
    const { link } = await asked(at);
    await at.rows.expire(link.token);
    await at.get(link.path);
    await at.post("/reset-password", { token: link.token, newPassword: NEW });
  },
  "a bad password does not use the token up": async (at) => {
    const { ada, link } = await asked(at);
    await at.post("/reset-password", { token: link.token, newPassword: "short" });
    await at.post("/reset-password", { token: link.token, newPassword: "x".repeat(129) });
    await at.post("/reset-password", { token: link.token, newPassword: NEW });
    await at.elsewhere(ada, { password: NEW });
  },
  "a common password": async (at) => {
    const { link } = await asked(at);
    await at.post("/reset-password", { token: link.token, newPassword: "password1" });
  },
  "a bad password and a bad token": async (at) => {
    await at.post("/reset-password", { token: "garbage", newPassword: "short" });
    await at.post("/reset-password", { token: "", newPassword: "short" });
  },
  "a user without a password gets one": async (at) => {
    const { ada, link } = await asked(at);
    await at.rows.forgetPassword(ada);
    await at.post("/reset-password", { token: link.token, newPassword: NEW });
    await at.elsewhere(ada, { password: NEW });
  },
  "a user who is gone": async (at) => {
    const { ada, link } = await asked(at);
    await at.rows.forgetUser(ada);
    await at.post("/reset-password", { token: link.token, newPassword: NEW });
  },
  "two links": async (at) => {
    const { ada, link } = await asked(at);
    await at.post("/request-password-reset", { email: ada.email, redirectTo: "/reset" });
    const second = await at.mail(ada.email, 2);
    await at.post("/reset-password", { token: link.token, newPassword: NEW });
    await at.post("/reset-password", { token: second.token, newPassword: NEW });
  },
  "a link of another kind": async (at) => {
    const ada = await at.user();
    await at.post("/send-verification-email", { email: ada.email });
    const { token } = await at.mail(ada.email);
    await at.post("/reset-password", { token, newPassword: NEW });
    await at.get(`/reset-password/${token}?callbackURL=/reset`);
  },
  "it does not verify the address": async (at) => {
    const { ada, link } = await asked(at);
    await at.post("/reset-password", { token: link.token, newPassword: NEW });
    await (await at.elsewhere(ada, { password: NEW })).get("/get-session");
  },
};

const plain = {
  "a service that sends no mail": async (at) => {
    const ada = await at.user();
    await at.post("/request-password-reset", { email: ada.email, redirectTo: "/reset" });
    await at.post("/request-password-reset", { email: at.email("nobody") });
    await at.post("/reset-password", { token: "garbage", newPassword: PASSWORD });
    await at.get("/reset-password/garbage?callbackURL=/reset");
  },
};

const passwords = {
  "lengths that the settings ask for": async (at) => {
    const ada = await at.user("ada", { password: "x".repeat(12) });
    await at.post("/request-password-reset", { email: ada.email, redirectTo: "/reset" });
    const { token } = await at.mail(ada.email);
    for (const length of [11, 21, 20]) await at.post("/reset-password", { token, newPassword: "y".repeat(length) });
    const there = await at.elsewhere(ada, { password: "y".repeat(20) });
    for (const length of [11, 21, 12]) {
      await there.post("/change-password", { currentPassword: "y".repeat(20), newPassword: "z".repeat(length) });
    }
  },
};

export default { account, plain, passwords };
