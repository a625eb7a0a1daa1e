import { PASSWORD } from "../browser.mjs";

/** Shows the effect of additional fields at sign-up. */
const signUp = (fields) => (at) =>
  at.post("/sign-up/email", { name: "Ada", email: at.email("ada"), password: PASSWORD, ...fields });

/** Shows the effect of a change on a user with a department. */
const update = (body) => async (at) => {
  const ada = await at.user("ada", { department: "R&D" });
  await ada.post("/update-user", body);
  await ada.get("/get-session");
};

const fields = {
  "at sign-up": signUp({ department: "R&D", age: 36 }),
  "none at sign-up": signUp({}),
  "one that is not described": signUp({ department: "R&D", hobby: "chess" }),
  "one with a default that users cannot set": signUp({ department: "R&D", role: "admin" }),
  "one without a default that users cannot set": signUp({ department: "R&D", risk: "low" }),
  "one that users cannot set, to nothing": signUp({ department: "R&D", risk: "" }),
  "in the session": async (at) => {
    const ada = await at.user("ada", { department: "R&D", age: 36 });
    await ada.get("/get-session");
    await ada.get("/token");
    await at.post("/sign-in/email", { email: ada.email, password: PASSWORD });
    await ada.post("/change-password", { currentPassword: PASSWORD, newPassword: "a brand new password" });
  },
  "changed": update({ department: "Sales" }),
  "changed with the name": update({ name: "Grace", age: 37 }),
  "changed to null": update({ age: null }),
  "changed, though not described": update({ hobby: "chess" }),
  "changed, though users cannot": update({ role: "admin" }),
  "a value of another type": update({ age: "old" }),
  "a required one, to null": update({ department: null }),
  "a required one that is missing": (at) =>
    at.post("/sign-up/email", { name: "Ada", email: at.email("ada"), password: PASSWORD }),
  "changed to nothing, though users cannot": update({ risk: "" }),
};

export default { fields };
