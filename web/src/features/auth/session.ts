import { authClient, callAuth, refreshSession, tokenCache } from "@/lib/auth-client";
import { ServiceError } from "@/lib/service-error";
import { notifyTabs } from "@/lib/tabs";
import { resetBanner } from "./dismissed-banner";
import { retryPath, returnPath } from "./return-path";
import { clearSignedInMark, hasSignedInMark, setSignedInMark } from "./signed-in-mark";
import { forgetEmail } from "./typed-email";

/** The status of a response if the service's database is down. */
const UNAVAILABLE = 503;

/** The session, as a hook. */
export const useSession = authClient.useSession;

/** The session known now, for code that runs between renders. */
export function currentSession() {
  return authClient.$store.atoms.session?.get() as ReturnType<typeof useSession> | undefined;
}

/** The signed-in user. */
export type User = typeof authClient.$Infer.Session.user;

/** The URL that verification links redirect to. Invalid links add an `error`. */
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

/** Clears the session in every tab after a deliberate sign-out, so that it is not reported as expired. */
export function clearSession(): void {
  clearSignedInMark();
  tokenCache.clear();
  forgetEmail();
  resetBanner();
  notifyTabs("signed-out");
  refreshSession();
}

/**
 * Creates an account and starts a session. Returns false if no session was started, e.g. until the email is verified.
 */
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

/** Whether the browser is being redirected to the application that sent it here to sign in. */
export function isRedirecting(): boolean {
  return redirecting;
}

/** Starts a session. With a `callbackURL`, which the service validates, the client then redirects to that page. */
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

/** Where a provider sends the browser back to, as full URLs. */
export interface ReturnUrls {
  callbackURL: string;
  errorCallbackURL: string;
}

/** Where a provider sends the browser back to after a sign-in, given the query of the sign-in page. */
export function signInUrls(search: string): ReturnUrls {
  // An application's URL, which the service validates.
  const application = new URLSearchParams(search).get("callbackURL");
  return {
    callbackURL: application || location.origin + returnPath(search),
    errorCallbackURL: location.origin + retryPath(search),
  };
}

/**
 * Sends the browser to a provider to sign in there. The session starts when the provider sends it back. With
 * `requestSignUp`, an account is created even if the provider is configured not to create one at sign-in.
 */
export async function signInAt(provider: string, urls: ReturnUrls, requestSignUp = false): Promise<void> {
  // The client redirects. Keeps it from refetching a session that has not changed.
  await callAuth((options) =>
    authClient.signIn.social({
      provider,
      ...urls,
      ...(requestSignUp && { requestSignUp }),
      fetchOptions: { ...options, disableSignal: true },
    }),
  );
}

/** Replaces a session that is too old with a fresh one, and refetches it. */
export async function reauthenticate(values: { email: string; password: string }): Promise<void> {
  const before = currentSession()?.data?.session.token;
  // Keeps the client from refetching the session between these calls.
  const quiet = { disableSignal: true };
  await callAuth((options) => authClient.signIn.email({ ...values, fetchOptions: { ...options, ...quiet } }));
  startSession();
  if (before) {
    // The previous session would be listed as another device. If this fails, the user can still sign it out there.
    await callAuth((options) =>
      authClient.revokeSession({ token: before, fetchOptions: { ...options, ...quiet } }),
    ).catch(() => {});
  }
  await currentSession()?.refetch();
}

let stillActive = false;

/** Whether the last sign-out removed the session from this browser but could not end it. */
export function isSessionStillActive(): boolean {
  return stillActive;
}

/** Ends the session in every tab. If the service cannot end it, this browser is signed out anyway. */
export async function signOut(): Promise<void> {
  const hadMark = hasSignedInMark();
  stillActive = false;
  // Before the request, so that no tab reports the session as expired in the meantime.
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

/** Whether a sign-out that failed with 503 has cleared the cookies. Without cookies there is no session. */
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

/** Requests an email with a link to set a new password. The response never reveals whether the account exists. */
export async function requestPasswordReset(values: { email: string }): Promise<void> {
  const redirectTo = `${location.origin}/reset-password`;
  await callAuth((fetchOptions) => authClient.requestPasswordReset({ ...values, redirectTo, fetchOptions }));
}

/** Sets a new password with the token of a link. Ends every session. */
export async function resetPassword(token: string, newPassword: string): Promise<void> {
  await callAuth((fetchOptions) => authClient.resetPassword({ newPassword, token, fetchOptions }));
  clearSession();
}

/** Requests another verification email. */
export async function requestVerification(values: { email: string }): Promise<void> {
  const callbackURL = verificationUrl();
  await callAuth((fetchOptions) => authClient.sendVerificationEmail({ ...values, callbackURL, fetchOptions }));
}

/** Makes every tab refetch the session after a link has verified the email. */
export function emailVerified(): void {
  refreshSession();
  notifyTabs("signed-in");
}
