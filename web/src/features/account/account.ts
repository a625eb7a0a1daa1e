import { authClient, callAuth, postAuth, refreshSession } from "@/lib/auth-client";

/** A signed-in device. */
export type Device = typeof authClient.$Infer.Session.session;

/** Changes the user's name. */
export async function rename(name: string): Promise<void> {
  await callAuth((fetchOptions) => authClient.updateUser({ name, fetchOptions }));
}

/** Changes the user's username. The service keeps it in lower case, and as it was typed. */
export async function changeUsername(username: string): Promise<void> {
  await postAuth("/update-user", { username, displayUsername: username });
  refreshSession();
}

/** Requests a new email. The service sends a link, and the email changes when the link is opened. */
export async function changeEmail(newEmail: string): Promise<void> {
  const callbackURL = `${location.origin}/verify-email?changing=1`;
  await callAuth((fetchOptions) => authClient.changeEmail({ newEmail, callbackURL, fetchOptions }));
}

/** Changes the password and signs out every other device. */
export async function changePassword(currentPassword: string, newPassword: string): Promise<void> {
  await callAuth((fetchOptions) =>
    authClient.changePassword({ currentPassword, newPassword, revokeOtherSessions: true, fetchOptions }),
  );
}

/** Lists the user's signed-in devices. Requires a fresh session. */
export function devices(): Promise<Device[]> {
  return callAuth((fetchOptions) => authClient.listSessions({ fetchOptions }));
}

/** Signs a device out. */
export async function signOutDevice(token: string): Promise<void> {
  await callAuth((fetchOptions) => authClient.revokeSession({ token, fetchOptions }));
}

/** A way to sign in that the user has: the password, or an account at a provider. */
export interface LinkedAccount {
  id: string;
  providerId: string;
  createdAt: Date | string;
}

/** Lists the user's ways to sign in. */
export function linkedAccounts(): Promise<LinkedAccount[]> {
  return callAuth((fetchOptions) => authClient.listAccounts({ fetchOptions }));
}

/** Sends the browser to a provider, to link the account there. The provider sends it back to the settings. */
export async function linkProvider(provider: string): Promise<void> {
  const errorCallbackURL = `${location.origin}/settings`;
  const callbackURL = `${errorCallbackURL}?${new URLSearchParams({ linked: provider })}`;
  // The client redirects.
  await callAuth((fetchOptions) => authClient.linkSocial({ provider, callbackURL, errorCallbackURL, fetchOptions }));
}

/** Unlinks an account at a provider. Requires a fresh session. */
export async function unlinkAccount(accountId: string): Promise<void> {
  await callAuth((fetchOptions) => authClient.unlinkAccount({ accountId, fetchOptions }));
}

/** Something that happened to the account, or refusals of a minute that were the same. */
export interface SecurityEvent {
  event: string;
  outcome: "success" | "refusal";
  occurredAt: string;
  sessionId: string | null;
  ipAddress: string | null;
  userAgent: string | null;
  reason: string | null;
  count: number | null;
}

/** Some events, newest first, and where the next ones begin. */
export interface SecurityEventsPage {
  events: SecurityEvent[];
  nextCursor: string | null;
}

/** Events on the first page. The settings reserve their height, so few: most people look for the last sign-in. */
const FIRST_EVENTS = 3;

/** Events on each further page: what fits on a screen. */
const MORE_EVENTS = 10;

/** Lists what happened to the account, from `cursor` on. */
export function securityEvents(cursor: string | null): Promise<SecurityEventsPage> {
  const query = cursor === null ? { limit: FIRST_EVENTS } : { limit: MORE_EVENTS, cursor };
  return callAuth((options) => authClient.$fetch<SecurityEventsPage>("/security-events", { query, ...options }));
}

/** The service's message when the account is deleted only after a link in an email is opened. */
const MAIL_SENT = "Verification email sent";

/**
 * Deletes the account and all its data. Returns false if the user first has to confirm with a link in an email.
 * Requires a fresh session if there is no password.
 */
export async function deleteAccount(password?: string): Promise<boolean> {
  const callbackURL = `${location.origin}/account-deleted`;
  const { message } = await callAuth((fetchOptions) =>
    authClient.deleteUser({ ...(password && { password }), callbackURL, fetchOptions }),
  );
  return message !== MAIL_SENT;
}
