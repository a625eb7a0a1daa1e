/** Shows the effect of a body on a user with an image. */
const update = (body) => async (at) => {
  const ada = await at.user("ada", { image: "https://example.com/old.png" });
  await ada.post("/update-user", body);
  await ada.get("/get-session?disableRefresh=true");
};

const BODIES = {
  "the name": { name: "Countess of Lovelace" },
  "the name, to nothing": { name: "" },
  "the image": { image: "https://example.com/new.png" },
  "the image, to none": { image: null },
  "the image, to nothing": { image: "" },
  "name and image": { name: "Grace", image: "x.png" },
  "the name, to what it is": { name: "Ada Lovelace" },
  "nothing": {},
  "the address": { email: "else@example.com" },
  "name and address": { name: "Grace", email: "else@example.com" },
  "an empty address": { email: "" },
  "an empty address and a name": { email: "", name: "Grace" },
  "an address that is null": { email: null },
  "an unknown field": { favourite: "tea" },
  "a name and an unknown field": { name: "Grace", favourite: "tea" },
  "whether the address is verified": { emailVerified: true },
  "a name and whether the address is verified": { name: "Grace", emailVerified: true },
  "the id": { id: "mine" },
  "a name and times": { name: "Grace", createdAt: "2020-01-01T00:00:00.000Z", updatedAt: null },
  "a name in other alphabets": { name: "Ада 愛達 👩‍💻" },
};

const plain = {
  ...Object.fromEntries(Object.entries(BODIES).map(([what, body]) => [what, update(body)])),
  "what is no object": async (at) => {
    const ada = await at.user();
    for (const body of [[], ["name"], null, 7, "text", true]) await ada.post("/update-user", body);
    await ada.send("POST", "/update-user");
  },
  "values of other types": async (at) => {
    const ada = await at.user();
    for (const value of [7, true, [], {}, null]) {
      await ada.post("/update-user", { name: value });
      await ada.get("/get-session");
    }
    for (const value of [7, true, [], {}]) {
      await ada.post("/update-user", { image: value });
      await ada.get("/get-session");
    }
  },
  "of nobody": (at) => at.post("/update-user", { name: "Grace" }),
  "of an unremembered session": async (at) => {
    const ada = await at.user("ada", { rememberMe: false });
    await ada.post("/update-user", { name: "Grace" });
    await ada.get("/get-session");
  },
  "by a bearer": async (at) => {
    const ada = await at.user();
    await at.post("/update-user", { name: "Grace" }, { headers: { authorization: `Bearer ${ada.token}` } });
    await ada.get("/get-session");
    await ada.get("/token");
  },
  "a long name": update({ name: "x".repeat(101) }),
  "a long image": update({ image: "x".repeat(2049) }),
  "an image that is a script": update({ image: " java\nscript:alert(1)" }),
  "an image that is a page": update({ image: "data:text/html,<script>alert(1)</script>" }),
  "an image that is a file": update({ image: "file:///etc/passwd" }),
  "a picture in the URL": update({ image: "data:image/png;base64,iVBORw0KGgo=" }),
  "a NUL": update({ name: "a\u0000b" }),
  "of a session a day old": async (at) => {
    const ada = await at.user();
    await at.rows.age(ada.token, "25 hours");
    await ada.post("/update-user", { name: "Grace" });
  },
  "a user's other session sees it": async (at) => {
    const ada = await at.user();
    const there = await at.elsewhere(ada);
    await ada.post("/update-user", { name: "Grace" });
    await there.get("/get-session");
  },
};

export default { plain };
