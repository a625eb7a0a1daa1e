const plain = {
  "ends the session": async (at) => {
    const ada = await at.user();
    const cookie = ada.cookie;
    await ada.post("/sign-out");
    await ada.get("/get-session");
    await at.get("/get-session", { headers: { cookie } });
    await at.get("/token", { headers: { cookie } });
  },
  "ends no other session": async (at) => {
    const ada = await at.user();
    const there = await at.elsewhere(ada);
    await ada.post("/sign-out");
    await there.get("/get-session");
  },
  "without a session": (at) => at.post("/sign-out", {}),
  "twice": async (at) => {
    const ada = await at.user();
    const cookie = ada.cookie;
    await ada.post("/sign-out");
    await ada.post("/sign-out", {}, { headers: { cookie } });
  },
  "without a body": async (at) => {
    const ada = await at.user();
    await ada.send("POST", "/sign-out");
  },
  "of an unremembered session": async (at) => {
    const ada = await at.user("ada", { rememberMe: false });
    await ada.post("/sign-out");
  },
  "with a bearer token": async (at) => {
    const ada = await at.user();
    await at.post("/sign-out", {}, { headers: { authorization: `Bearer ${ada.token}` } });
    await ada.get("/get-session");
  },
  "with a bearer token, and another session's cookie": async (at) => {
    const ada = await at.user();
    const there = await at.elsewhere(ada);
    const { cookie } = there;
    await there.post("/sign-out", {}, { headers: { authorization: `Bearer ${ada.token}` } });
    await ada.get("/get-session");
    await at.get("/get-session", { headers: { cookie } });
  },
  "with a cookie that is not ASCII beside it": async (at) => {
    const ada = await at.user();
    const { cookie } = ada;
    await ada.post("/sign-out", {}, { headers: { cookie: `campaign=Undersøgelse; ${cookie}` } });
    await at.get("/get-session", { headers: { cookie } });
  },
  "with a session that nobody signed": async (at) => {
    await at.browser().post("/sign-out", {}, { headers: { cookie: "better-auth.session_token=a.b" } });
  },
  "from a page that is not trusted": async (at) => {
    const ada = await at.user();
    await ada.post("/sign-out", {}, { headers: { origin: "https://evil.example" } });
    await ada.get("/get-session");
  },
};

export default { plain };
