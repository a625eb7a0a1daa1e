import { PASSWORD } from "../browser.mjs";
import { clientOf } from "../client.mjs";

/** A client whose user has signed up. */
const signedUp = async (at, name = "ada") => {
  const ada = clientOf(at);
  await ada.call("signUp.email", { name: "Ada", email: at.email(name), password: PASSWORD });
  return ada;
};

/** Waits until a condition holds. */
const settled = async (isSo) => {
  const deadline = Date.now() + 5_000;
  while (!isSo() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
};

const account = {
  "from sign-up to sign-out": async (at) => {
    const ada = await signedUp(at);
    await ada.call("getSession");
    await ada.call("token");
    await ada.call("jwks");
    await ada.call("signOut");
    await ada.call("getSession");
    await ada.call("token");
    await ada.call("signIn.email", { email: at.email("ADA"), password: PASSWORD });
    await ada.call("getSession");
  },
  "what is refused": async (at) => {
    const ada = await signedUp(at);
    await ada.call("signUp.email", { name: "Ada", email: at.email("ada"), password: PASSWORD });
    await ada.call("signUp.email", { name: "Ada", email: at.email("grace"), password: "short" });
    await ada.call("signUp.email", { name: "Ada", email: "ada", password: PASSWORD });
    await ada.call("signUp.email", {});
    const nobody = clientOf(at);
    await nobody.call("signIn.email", { email: at.email("ada"), password: "wrong password" });
    await nobody.call("signIn.email", { email: "ada", password: PASSWORD });
    await nobody.call("token");
    await nobody.call("listSessions");
    await nobody.call("updateUser", { name: "Grace" });
    await nobody.call("changePassword", { currentPassword: PASSWORD, newPassword: PASSWORD });
  },
  "a sign-in that leads somewhere": async (at) => {
    await signedUp(at);
    const there = clientOf(at);
    await there.call("signIn.email", { email: at.email("ada"), password: PASSWORD, callbackURL: "/there", rememberMe: false });
    await there.call("getSession", { query: { disableRefresh: true, disableCookieCache: true } });
  },
  "sessions": async (at) => {
    const ada = await signedUp(at);
    const there = clientOf(at);
    await there.call("signIn.email", { email: at.email("ada"), password: PASSWORD });
    const sessions = await ada.call("listSessions");
    const { session } = await there.call("getSession");
    await ada.call("revokeSession", { token: sessions?.find(({ id }) => id === session.id)?.token });
    await there.call("getSession");
    await ada.call("revokeOtherSessions");
    await ada.call("revokeSessions");
    await ada.call("getSession");
  },
  "a profile": async (at) => {
    const ada = await signedUp(at);
    await ada.call("updateUser", { name: "Countess", image: "https://example.com/ada.png" });
    await ada.call("getSession");
    await ada.call("updateUser", { image: null });
    await ada.call("getSession");
    await ada.call("updateUser", {});
  },
  "a password": async (at) => {
    const ada = await signedUp(at);
    await ada.call("changePassword", { currentPassword: "wrong", newPassword: "another horse 2" });
    await ada.call("changePassword", {
      currentPassword: PASSWORD, newPassword: "another horse 2", revokeOtherSessions: true,
    });
    await ada.call("getSession");
  },
  "the ways to sign in": async (at) => {
    const ada = await signedUp(at);
    await ada.call("listAccounts");
    await ada.call("verifyPassword", { password: PASSWORD });
    await ada.call("verifyPassword", { password: "wrong" });
    await ada.call("updateSession", {});
    const nobody = clientOf(at);
    await nobody.call("listAccounts");
    await nobody.call("verifyPassword", { password: PASSWORD });
    await nobody.call("updateSession", {});
  },
  "a forgotten password": async (at) => {
    const ada = await signedUp(at);
    await ada.call("requestPasswordReset", { email: at.email("ada"), redirectTo: "/reset" });
    const { token } = await at.mail(at.email("ada"));
    await ada.call("resetPassword", { token, newPassword: "another horse 2" });
    await ada.call("resetPassword", { token, newPassword: "another horse 2" });
    await clientOf(at).call("signIn.email", { email: at.email("ada"), password: "another horse 2" });
  },
  "a verified address": async (at) => {
    const ada = await signedUp(at);
    await ada.call("sendVerificationEmail", { email: at.email("ada"), callbackURL: "/welcome" });
    const { token } = await at.mail(at.email("ada"));
    await ada.call("verifyEmail", { query: { token } });
    await ada.call("getSession");
    await ada.call("verifyEmail", { query: { token: "garbage" } });
  },
  "another address": async (at) => {
    const ada = await signedUp(at);
    await ada.call("changeEmail", { newEmail: at.email("new") });
    const { token } = await at.mail(at.email("new"));
    await ada.call("verifyEmail", { query: { token } });
    await ada.call("getSession");
  },
  "going": async (at) => {
    const ada = await signedUp(at);
    await ada.call("deleteUser", { password: "wrong password" });
    await ada.call("deleteUser", { password: PASSWORD });
    await ada.call("getSession");
  },
  "what a page sees of the session": async (at) => {
    const { client, call } = clientOf(at);
    const look = async (when) => {
      await client.useSession.get().refetch();
      // The client may be refetching because of an earlier call.
      await settled(() => !client.useSession.get().isRefetching);
      const { data, error, isPending } = client.useSession.get();
      at.note(`client.useSession ${when}`, at.reader.read({ data, error, isPending }));
    };
    const stop = client.useSession.subscribe(() => {});
    await look("before");
    await call("signUp.email", { name: "Ada", email: at.email("ada"), password: PASSWORD });
    await look("signed in");
    await call("signOut");
    await look("signed out");
    stop();
  },
};

export default { account };
