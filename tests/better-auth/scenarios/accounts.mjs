import { PASSWORD } from "../browser.mjs";

/** One password check, and whether the session stays. */
const verify = (body) => async (at) => {
  const ada = await at.user();
  await ada.post("/verify-password", body);
  await ada.get("/get-session?disableRefresh=true");
};

const update = (body) => async (at) => {
  const ada = await at.user();
  await ada.post("/update-session", body);
  await ada.get("/get-session?disableRefresh=true");
};

const plain = {
  "list: a password": async (at) => {
    const ada = await at.user();
    await ada.get("/list-accounts");
  },
  "list: after the password changed": async (at) => {
    const ada = await at.user();
    await ada.post("/change-password", { currentPassword: PASSWORD, newPassword: "another horse 2" });
    await ada.get("/list-accounts");
  },
  "list: for a bearer": async (at) => {
    const ada = await at.user();
    await at.get("/list-accounts", { headers: { authorization: `Bearer ${ada.token}` } });
  },
  "list: for nobody": (at) => at.get("/list-accounts"),
  "list: for an expired session": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "8 days");
    await ada.get("/list-accounts");
  },
  "list: extends the session": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "25 hours");
    await ada.get("/list-accounts");
  },
  "list: by POST": async (at) => {
    const ada = await at.user();
    await ada.post("/list-accounts", {});
  },
  "verify: the right one": verify({ password: PASSWORD }),
  "verify: a wrong one": verify({ password: "wrong password" }),
  "verify: an empty one": verify({ password: "" }),
  "verify: one too long": verify({ password: "x".repeat(129) }),
  "verify: no password": verify({}),
  "verify: null": verify({ password: null }),
  "verify: a list": verify([PASSWORD]),
  "verify: an unknown field": verify({ password: PASSWORD, favourite: "tea" }),
  "verify: for nobody": (at) => at.post("/verify-password", { password: PASSWORD }),
  "verify: for nobody, without a password": (at) => at.post("/verify-password", {}),
  "update: nothing": update({}),
  "update: the session's own fields": update({ token: "mine", userId: "x", expiresAt: "2030-01-01T00:00:00.000Z" }),
  "update: an unknown field": update({ favourite: "tea" }),
  "update: what is no object": async (at) => {
    const ada = await at.user();
    for (const body of [[], ["name"], null, 7, "text", true]) await ada.post("/update-session", body);
    await ada.send("POST", "/update-session");
  },
  "update: for nobody": (at) => at.post("/update-session", {}),
};

const passwords = {
  "verify: one shorter than may be chosen": verify({ password: "short" }),
  "verify: one longer than may be chosen": verify({ password: "x".repeat(21) }),
};

export default { plain, passwords };
