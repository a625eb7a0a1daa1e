const plain = {
  "a token of the session": async (at) => {
    const ada = await at.user("ada", { image: "https://example.com/ada.png" });
    await ada.get("/token");
  },
  "no token without a session": async (at) => {
    await at.get("/token");
    await at.get("/token", { headers: { cookie: "better-auth.session_token=bad.bad" } });
    await at.get("/token", { headers: { authorization: "Bearer unknown" } });
  },
  "no token of an expired session": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "8 days");
    await ada.get("/token");
  },
  "with a bearer token": async (at) => {
    const ada = await at.user();
    await at.get("/token", { headers: { authorization: `Bearer ${ada.token}` } });
  },
  "the keys": async (at) => {
    const ada = await at.user();
    await ada.get("/token");
    await at.get("/jwks");
    await ada.get("/jwks");
  },
  "it lives": (at) => at.get("/ok"),
};

const claims = {
  "tokens with Better Auth's own payload": async (at) => {
    const ada = await at.user("ada", { image: "https://example.com/ada.png" });
    await ada.get("/token");
    await ada.get("/get-session");
    const grace = await at.user("grace");
    await grace.get("/token");
  },
};

const https = {
  "tokens of an https service": async (at) => {
    const ada = await at.user();
    await ada.get("/token");
  },
};

export default { plain, claims, https };
