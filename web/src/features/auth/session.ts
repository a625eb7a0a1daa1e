import { authClient, callAuth, refreshSession, tokenCache } from "@/lib/auth-client";
import { ServiceError } from "@/lib/service-error";
import { notifyTabs } from "@/lib/tabs";
import { resetBanner } from "./dismissed-banner";
import { clearSignedInMark, hasSignedInMark, setSignedInMark } from "./signed-in-mark";
import { forgetEmail } from "./typed-email";

/** The status of an answer by a service whose database is away. */
const UNAVAILABLE = 503;

/** The session as far as the page knows it. */
export const useSession = authClient.useSession;

/** The session as it is known at this moment, for what goes on between two looks of React. */
export function currentSession() {
  return authClient.$store.atoms.session?.get() as ReturnType<typeof useSession> | undefined;
}

/** Who is signed in. */
export type User = typeof authClient.$Infer.Session.user;

/** Where a link that verifies an address leads; a link that is no longer valid adds an `error`. */
function verificationUrl(): string {
  return `${location.origin}/verify-email?done=1`;
}

function startSession(): void {
  tokenCache.clear();
  forgetEmail();
  resetBanner();
  setSignedInMark();
  notifyTabs("signed-in");
}

/** Knows, in every tab, that the session was ended on purpose. */
export function clearSession(): void {
  clearSignedInMark();
  tokenCache.clear();
  forgetEmail();
  resetBanner();
  notifyTabs("signed-out");
  refreshSession();
}

/** Makes an account, and a session of it, unless the address has to be verified first: then the answer is false. */
export async function signUp(values: { name: string; email: string; password: string }): Promise<boolean> {
  const callbackURL = verificationUrl();
  const { token } = await callAuth((fetchOptions) => authClient.signUp.email({ ...values, callbackURL, fetchOptions }));
  if (token === null) {
    return false;
  }
  startSession();
  return true;
}

let redirecting = false;

/** Whether the browser is on its way to an application that sent it here to sign in. */
export function isRedirecting(): boolean {
  return redirecting;
}

/** Begins a session. With `callbackURL`, which the service checks, the official client then leaves for that page. */
export async function signIn(values: { email: string; password: string }, callbackURL?: string): Promise<void> {
  redirecting = callbackURL !== undefined;
  const back = callbackURL === undefined ? {} : { callbackURL };
  try {
    await callAuth((fetchOptions) => authClient.signIn.email({ ...values, ...back, fetchOptions }));
  } catch (error) {
    redirecting = false;
    throw error;
  }
  startSession();
}

/** Begins a session in place of the one that is too old for something. The page knows it when this is done. */
export async function reauthenticate(values: { email: string; password: string }): Promise<void> {
  const before = currentSession()?.data?.session.token;
  // The client would look at the session by itself, after the first of these calls and in the midst of the second.
  const quiet = { disableSignal: true };
  await callAuth((options) => authClient.signIn.email({ ...values, fetchOptions: { ...options, ...quiet } }));
  startSession();
  if (before) {
    // The session before would be listed as another device. If it cannot be ended now, that list can still end it.
    await callAuth((options) =>
      authClient.revokeSession({ token: before, fetchOptions: { ...options, ...quiet } }),
    ).catch(() => {});
  }
  await currentSession()?.refetch();
}

let stillActive = false;

/** Whether the last sign-out removed the session from this browser, but could not end it. */
export function isSessionStillActive(): boolean {
  return stillActive;
}

/** Ends the session, here and in every tab. If the service cannot end it, this browser is signed out all the same. */
export async function signOut(): Promise<void> {
  const hadMark = hasSignedInMark();
  stillActive = false;
  // Before the request: nobody who looks at the session meanwhile may call it expired.
  clearSignedInMark();
  try {
    await callAuth((fetchOptions) => authClient.signOut({ fetchOptions }));
  } catch (error) {
    if (!(await areCookiesCleared(error))) {
      if (hadMark) {
        setSignedInMark();
      }
      throw error;
    }
    stillActive = true;
  }
  clearSession();
}

/** Whether a sign-out that was answered 503 has cleared the cookies: then there is no session, database or not. */
async function areCookiesCleared(error: unknown): Promise<boolean> {
  if (!(error instanceof ServiceError && error.status === UNAVAILABLE)) {
    return false;
  }
  const session = callAuth((fetchOptions) => authClient.getSession({ fetchOptions }));
  return session.then(
    (found) => found === null,
    () => false,
  );
}

/** Asks for a mail with a link to set a new password. The answer never tells whether there is such an account. */
export async function requestPasswordReset(values: { email: string }): Promise<void> {
  const redirectTo = `${location.origin}/reset-password`;
  await callAuth((fetchOptions) => authClient.requestPasswordReset({ ...values, redirectTo, fetchOptions }));
}

/** Sets a new password by the token of a link; every session ends. */
export async function resetPassword(token: string, newPassword: string): Promise<void> {
  await callAuth((fetchOptions) => authClient.resetPassword({ newPassword, token, fetchOptions }));
  clearSession();
}

/** Asks for another mail that verifies an address. */
export async function requestVerification(values: { email: string }): Promise<void> {
  const callbackURL = verificationUrl();
  await callAuth((fetchOptions) => authClient.sendVerificationEmail({ ...values, callbackURL, fetchOptions }));
}

/** Has every tab look at the session again, whose email was verified by a link. */
export function emailVerified(): void {
  refreshSession();
  notifyTabs("signed-in");
}
