import { PASSWORD } from "../browser.mjs";

const NEW = "another horse 2";

/** One change of password, then a sign-in with each password. */
const change = (body) => async (at) => {
  const ada = await at.user();
  await ada.post("/change-password", { currentPassword: PASSWORD, newPassword: NEW, ...body });
  await at.elsewhere(ada);
  await at.elsewhere(ada, { password: body.newPassword ?? NEW });
};

const plain = {
  "the right one": change({}),
  "a wrong one": change({ currentPassword: "wrong password" }),
  "an empty one": change({ currentPassword: "" }),
  "to one too short": change({ newPassword: "1234567" }),
  "to one of 8": change({ newPassword: "8 horses" }),
  "to a common one": async (at) => {
    const ada = await at.user();
    await ada.post("/change-password", { currentPassword: PASSWORD, newPassword: "password1" });
  },
  "to one of 128": change({ newPassword: "x".repeat(128) }),
  "to one too long": change({ newPassword: "x".repeat(129) }),
  "to nothing": change({ newPassword: "" }),
  "to the same": change({ newPassword: PASSWORD }),
  "a wrong one, to one too short": change({ currentPassword: "wrong password", newPassword: "x" }),
  "a current one that is too long": change({ currentPassword: "x".repeat(129) }),
  "to one in other alphabets": change({ newPassword: "пароль-密碼-👩" }),
  "the other sessions stay": async (at) => {
    const ada = await at.user();
    const there = await at.elsewhere(ada);
    await ada.post("/change-password", { currentPassword: PASSWORD, newPassword: NEW });
    await there.get("/get-session");
    await ada.get("/get-session");
  },
  "the other sessions stay when asked to": async (at) => {
    const ada = await at.user();
    const there = await at.elsewhere(ada);
    await ada.post("/change-password", { currentPassword: PASSWORD, newPassword: NEW, revokeOtherSessions: false });
    await there.get("/get-session");
  },
  "the other sessions end": async (at) => {
    const ada = await at.user();
    const old = ada.cookie;
    const there = await at.elsewhere(ada);
    await ada.post("/change-password", { currentPassword: PASSWORD, newPassword: NEW, revokeOtherSessions: true });
    await there.get("/get-session");
    await ada.get("/get-session");
    await at.get("/get-session", { headers: { cookie: old } });
  },
  "the other sessions end, for an unremembered one": async (at) => {
    const ada = await at.user("ada", { rememberMe: false });
    await ada.post("/change-password", { currentPassword: PASSWORD, newPassword: NEW, revokeOtherSessions: true });
    await ada.get("/get-session");
  },
  "no session ends by a wrong one": async (at) => {
    const ada = await at.user();
    const there = await at.elsewhere(ada);
    await ada.post("/change-password", { currentPassword: "wrong", newPassword: NEW, revokeOtherSessions: true });
    await there.get("/get-session");
    await ada.get("/get-session");
  },
  "by a bearer, ending the others": async (at) => {
    const ada = await at.user();
    const body = { currentPassword: PASSWORD, newPassword: NEW, revokeOtherSessions: true };
    await at.post("/change-password", body, { headers: { authorization: `Bearer ${ada.token}` } });
    await ada.get("/get-session");
  },
  "of nobody": (at) => at.post("/change-password", { currentPassword: PASSWORD, newPassword: NEW }),
  "of nobody, to one too short": (at) => at.post("/change-password", { currentPassword: PASSWORD, newPassword: "x" }),
  "of a user without one": async (at) => {
    const ada = await at.user();
    await at.rows.forgetPassword(ada);
    await ada.post("/change-password", { currentPassword: PASSWORD, newPassword: NEW });
  },
};

export default { plain };
