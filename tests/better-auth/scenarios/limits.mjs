import { PASSWORD } from "../browser.mjs";

/** Sends requests from an IP address of this scenario until one is refused, and one more. */
const until = (limit, ask) => async (at) => {
  const headers = { "x-forwarded-for": `203.0.113.${at.number % 250}` };
  for (let count = 0; count < limit + 2; count += 1) await ask(at, headers, count);
};

const credentials = (at) => ({ email: at.email("ada"), password: PASSWORD });

const limits = {
  "three sign-ins": until(3, (at, headers) => at.post("/sign-in/email", credentials(at), { headers })),
  "three sign-ups": until(3, (at, headers, count) =>
    at.post("/sign-up/email", { name: "Ada", email: at.email(`ada${count}`), password: PASSWORD }, { headers }),
  ),
  "three changes of a password": until(3, (at, headers) => at.post("/change-password", {}, { headers })),
  "three changes of an address": until(3, (at, headers) => at.post("/change-email", {}, { headers })),
  "three requests for a reset": until(3, (at, headers) =>
    at.post("/request-password-reset", { email: at.email("nobody") }, { headers }),
  ),
  "three requests for a verification": until(3, (at, headers) =>
    at.post("/send-verification-email", { email: at.email("nobody") }, { headers }),
  ),
  "requests that are refused count too": until(3, (at, headers) =>
    at.send("POST", "/sign-in/email", { text: "{", type: "application/json", headers }),
  ),
  "what else there is may be asked more often": until(20, (at, headers) => at.get("/get-session", { headers })),
  "a path's limit is its own": async (at) => {
    const headers = { "x-forwarded-for": "203.0.113.251" };
    for (let count = 0; count < 4; count += 1) await at.post("/sign-in/email", credentials(at), { headers });
    await at.get("/get-session", { headers });
    await at.post("/sign-up/email", { name: "Ada", ...credentials(at) }, { headers });
    await at.post("/request-password-reset", { email: at.email("nobody") }, { headers });
  },
  "an address's limit is its own": async (at) => {
    const from = (address) => ({ headers: { "x-forwarded-for": address } });
    for (let count = 0; count < 4; count += 1) await at.post("/sign-in/email", credentials(at), from("203.0.113.252"));
    await at.post("/sign-in/email", credentials(at), from("203.0.113.253"));
  },
  "addresses of one network of IPv6 share a limit": async (at) => {
    for (const last of ["1", "2", "3:4", "5:6:7:8", "ffff:ffff:ffff:ffff"]) {
      const address = `2001:db8:1:2:${last.includes("ffff") ? last : `:${last}`}`;
      await at.post("/sign-in/email", credentials(at), { headers: { "x-forwarded-for": address } });
    }
    await at.post("/sign-in/email", credentials(at), { headers: { "x-forwarded-for": "2001:db8:1:3::1" } });
  },
  "where a session is from": async (at) => {
    const from = ["203.0.113.254", "198.51.100.1, 203.0.113.254", "198.51.100.1, 203.0.113.254, 127.0.0.1", "nonsense", "2001:db8:5:6:7:8:9:a"];
    for (const [index, address] of from.entries()) {
      const ada = at.browser();
      const body = { name: "Ada", email: at.email(`ada${index}`), password: PASSWORD };
      await ada.post("/sign-up/email", body, { headers: { "x-forwarded-for": address } });
      await ada.get("/get-session");
    }
  },
  "a device is known from its first sign-in on": async (at) => {
    const headers = { "x-forwarded-for": `203.0.113.${at.number % 250}` };
    const [ada, there] = [at.browser(), at.browser()];
    const { email } = credentials(at);
    await ada.post("/sign-up/email", { name: "Ada", ...credentials(at) }, { headers });
    await there.post("/sign-in/email", credentials(at), { headers });
    await ada.post("/change-password", { currentPassword: PASSWORD, newPassword: "another horse 2" }, { headers });
    await at.post("/request-password-reset", { email, redirectTo: "/reset" }, { headers });
    const { token } = await at.mail(email);
    await at.browser().post("/reset-password", { token, newPassword: "a third horse" }, { headers });
  },
  "a preflight is not counted": until(4, (at, headers) => at.send("OPTIONS", "/sign-in/email", { headers })),
};

export default { limits };
