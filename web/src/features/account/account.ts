import { authClient, callAuth } from "@/lib/auth-client";

/** A signed-in device. */
export type Device = typeof authClient.$Infer.Session.session;

/** Changes the user's name. */
export async function rename(name: string): Promise<void> {
  await callAuth((fetchOptions) => authClient.updateUser({ name, fetchOptions }));
}

/** Asks for another address; a mail goes out, and the address changes when its link is followed. */
export async function changeEmail(newEmail: string): Promise<void> {
  const callbackURL = `${location.origin}/verify-email?changing=1`;
  await callAuth((fetchOptions) => authClient.changeEmail({ newEmail, callbackURL, fetchOptions }));
}

/** Changes the password and signs every other device out. */
export async function changePassword(currentPassword: string, newPassword: string): Promise<void> {
  await callAuth((fetchOptions) =>
    authClient.changePassword({ currentPassword, newPassword, revokeOtherSessions: true, fetchOptions }),
  );
}

/** Where the user is signed in. The service wants a fresh session for it. */
export function devices(): Promise<Device[]> {
  return callAuth((fetchOptions) => authClient.listSessions({ fetchOptions }));
}

/** Signs a device out. */
export async function signOutDevice(token: string): Promise<void> {
  await callAuth((fetchOptions) => authClient.revokeSession({ token, fetchOptions }));
}

/** What the service answers when the account lives on until the link of a mail is followed. */
const MAIL_SENT = "Verification email sent";

/** Deletes the account with everything in it, unless a mail has to agree first: then the answer is false. */
export async function deleteAccount(password: string): Promise<boolean> {
  const callbackURL = `${location.origin}/account-deleted`;
  const { message } = await callAuth((fetchOptions) => authClient.deleteUser({ password, callbackURL, fetchOptions }));
  return message !== MAIL_SENT;
}
