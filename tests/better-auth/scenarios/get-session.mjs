const cookie = (value) => ({ headers: { cookie: `better-auth.session_token=${value}` } });

const plain = {
  "nobody": (at) => at.get("/get-session"),
  "the session and its user": async (at) => {
    const ada = await at.user("ada", { image: "https://example.com/ada.png" });
    await ada.get("/get-session");
    await ada.get("/get-session");
  },
  "by POST": async (at) => {
    const ada = await at.user();
    await ada.post("/get-session");
    await ada.send("POST", "/get-session");
    await at.post("/get-session", {});
    await at.send("POST", "/get-session", { text: "{bad", type: "application/json" });
    await at.send("POST", "/get-session", { text: "x", type: "text/plain" });
  },
  "with the options of the query": async (at) => {
    const ada = await at.user();
    for (const query of ["disableCookieCache=true", "disableRefresh=true", "disableCookieCache=no", "disableRefresh=", "x=y"]) {
      await ada.get(`/get-session?${query}`);
      await at.get(`/get-session?${query}`);
    }
  },
  "an expired session": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "8 days");
    await ada.get("/get-session");
    await ada.get("/get-session");
  },
  "an expired session that was not remembered": async (at) => {
    const ada = await at.user("ada", { rememberMe: false });
    await at.rows.age(ada.token, "25 hours");
    const cookie = ada.cookie;
    await ada.get("/get-session");
    await at.get("/token", { headers: { cookie } });
  },
  "a day old: extended": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "25 hours");
    await ada.get("/get-session");
    await ada.get("/get-session");
  },
  "nearly a day old: not extended": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "23 hours 55 minutes");
    await ada.get("/get-session");
  },
  "six days old: extended": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "6 days 23 hours");
    await ada.get("/get-session");
  },
  "a day old, looked at without extending it": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "25 hours");
    await ada.get("/get-session?disableRefresh=true");
    await ada.get("/get-session");
  },
  "a day old, extended by another endpoint": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "25 hours");
    await ada.get("/token");
    await ada.get("/get-session");
  },
  "not remembered: never extended": async (at) => {
    const ada = await at.user("ada", { rememberMe: false });
    await at.rows.age(ada.token, "23 hours");
    await ada.get("/get-session");
  },
  "a session whose user signed out elsewhere": async (at) => {
    const ada = await at.user();
    const cookie = ada.cookie;
    await at.post("/sign-out", {}, { headers: { authorization: `Bearer ${ada.token}` } });
    await at.get("/get-session", { headers: { cookie } });
  },
  "a cookie that nobody signed": async (at) => {
    const ada = await at.user();
    const [token, signature] = decodeURIComponent(ada.cookie.split("=")[1]).split(".");
    for (const value of [
      "", ".", "x", token, `${token}.`, `${token}.AAAA`, `.${signature}`, `${token}x.${signature}`,
      `${token}.${signature.replace(/^./, (first) => (first === "A" ? "B" : "A"))}`, "%", "%ff", "%ZZ", "a.b.c",
      `${token}.${"A".repeat(43)}%3D`, "null", "undefined", "\"\"",
    ]) {
      await at.get("/get-session", cookie(value));
    }
  },
  "a cookie that is not encoded": async (at) => {
    const ada = await at.user();
    await at.get("/get-session", cookie(decodeURIComponent(ada.cookie.split("=")[1])));
  },
  "a cookie among others": async (at) => {
    const ada = await at.user();
    for (const line of [`a=b; ${ada.cookie}; c=d`, `${ada.cookie};a=b`, `a;b=;=c; ${ada.cookie}`, `  ${ada.cookie}  `]) {
      await at.get("/get-session", { headers: { cookie: line } });
    }
  },
  "a cookie beside others that are not ASCII": async (at) => {
    const ada = await at.user();
    for (const line of [`campaign=Undersøgelse; ${ada.cookie}`, `${ada.cookie}; ÿ=ÿ; ÿ`]) {
      await at.get("/get-session", { headers: { cookie: line } });
    }
  },
  "two cookies of the name, the good one first": async (at) => {
    const ada = await at.user();
    await at.get("/get-session", { headers: { cookie: `${ada.cookie}; better-auth.session_token=bad.bad` } });
  },
  "two cookies of the name, the good one last": async (at) => {
    const ada = await at.user();
    await at.get("/get-session", { headers: { cookie: `better-auth.session_token=bad.bad; ${ada.cookie}` } });
  },
  "two Cookie headers": async (at) => {
    const ada = await at.user();
    await at.get("/get-session", { headers: [["cookie", "a=b"], ["cookie", ada.cookie]] });
  },
  "a cookie of 8 kB": async (at) => {
    await at.get("/get-session", cookie("x".repeat(8000)));
    await at.get("/get-session", cookie(`${"x".repeat(8000)}.${"A".repeat(43)}%3D`));
  },
  "8 kB of other cookies": async (at) => {
    const ada = await at.user();
    await at.get("/get-session", { headers: { cookie: `other=${"x".repeat(8000)}; ${ada.cookie}` } });
  },
  "the cookie of another prefix": async (at) => {
    const ada = await at.user();
    await at.get("/get-session", { headers: { cookie: ada.cookie.replace("better-auth.", "__Secure-better-auth.") } });
    await at.get("/get-session", { headers: { cookie: ada.cookie.replace("better-auth.", "other.") } });
  },
  "a cached session in a cookie means nothing": async (at) => {
    const ada = await at.user();
    await ada.get("/get-session", { headers: { cookie: `${ada.cookie}; better-auth.session_data=e30` } });
    await at.get("/get-session", { headers: { cookie: "better-auth.session_data=e30" } });
  },
  "a dont_remember that nobody signed": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "25 hours");
    await ada.get("/get-session", { headers: { cookie: `${ada.cookie}; better-auth.dont_remember=true` } });
  },
  "from any origin": async (at) => {
    const ada = await at.user();
    await ada.get("/get-session", { headers: { origin: "https://evil.example" } });
    await ada.get("/get-session", { headers: { origin: "null" } });
    await ada.get("/get-session", { headers: { origin: undefined } });
  },
  "by HEAD": async (at) => {
    await at.send("HEAD", "/get-session");
  },
};

/** The bearer plugin. */
const bearer = (make) => async (at) => {
  const ada = await at.user();
  const signed = decodeURIComponent(ada.cookie.split("=")[1]);
  for (const authorization of make(ada.token, signed)) await at.get("/get-session", { headers: { authorization } });
};
Object.assign(plain, {
  "a bearer token, raw": bearer((token) => [`Bearer ${token}`, `bearer ${token}`, `BEARER  ${token} `]),
  "a bearer token, signed": bearer((_, signed) => [`Bearer ${signed}`, `Bearer ${encodeURIComponent(signed)}`]),
  "a bearer token that nobody signed": bearer((token) => [
    `Bearer ${token}.AAAA`, `Bearer ${token}.`, "Bearer .", "Bearer x", "Bearer x.y.z", "Bearer ", "Bearer", "Bearer %", "x",
  ]),
  "another scheme": bearer((token) => [`Basic ${token}`, token, `Token ${token}`]),
  "a bearer token wins over the cookie": async (at) => {
    const ada = await at.user("ada");
    const grace = await at.user("grace");
    await at.get("/get-session", { headers: { cookie: ada.cookie, authorization: `Bearer ${grace.token}` } });
    await at.get("/get-session", { headers: { cookie: ada.cookie, authorization: "Bearer x.y" } });
    await at.get("/get-session", { headers: { cookie: ada.cookie, authorization: "Basic x" } });
    await at.get("/get-session", { headers: { cookie: ada.cookie, authorization: "Bearer unknown" } });
  },
  "a bearer token that is not ASCII": async (at) => {
    const ada = await at.user();
    await at.get("/token", { headers: { cookie: ada.cookie, authorization: "Bearer ÿ" } });
    await at.get("/token", { headers: { cookie: ada.cookie, authorization: "Basic ÿ" } });
    await at.get("/token", { headers: { cookie: ada.cookie, authorization: "Bearer ÿ.x" } });
  },
  "a JWT is no session": async (at) => {
    const ada = await at.user();
    const { json } = await ada.get("/token");
    await at.get("/get-session", { headers: { authorization: `Bearer ${json.token}` } });
  },
  "the id of a session is no session": async (at) => {
    const ada = await at.user();
    const { json } = await ada.get("/get-session");
    await at.get("/get-session", { headers: { authorization: `Bearer ${json.session.id}` } });
    await at.get("/token", { headers: { authorization: `Bearer ${json.session.id}` } });
  },
  "a bearer session a day old": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "25 hours");
    await at.get("/get-session", { headers: { authorization: `Bearer ${ada.token}` } });
  },
});

const short = {
  "extended after half an hour, for two": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "29 minutes");
    await ada.get("/get-session");
    await at.rows.age(ada.token, "2 minutes");
    await ada.get("/get-session");
  },
  "over after two hours": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "121 minutes");
    await ada.get("/get-session");
  },
  "an unremembered one lasts a day all the same": async (at) => {
    const ada = await at.user("ada", { rememberMe: false });
    await ada.get("/get-session");
  },
};

export default { plain, short };
