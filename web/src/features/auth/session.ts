import { authClient, callAuth, postAuth, refreshSession, tokenCache } from "@/lib/auth-client";
import { reportEnrolment } from "@/lib/enrolment";
import { ServiceError } from "@/lib/service-error";
import { notifyTabs } from "@/lib/tabs";
import { resetBanner } from "./dismissed-banner";
import { retryPath, returnPath } from "./return-path";
import { beginChallenge, challengeIn, endChallenge, type Challenge } from "./second-factor/challenge";
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

/** The signed-in user. The service may omit what its settings do not offer. */
export type User = typeof authClient.$Infer.Session.user & {
  twoFactorEnabled?: boolean | null;
  username?: string | null;
  displayUsername?: string | null;
};

/** The URL that verification links redirect to. Invalid links add an `error`. */
function verificationUrl(): string {
  return `${location.origin}/verify-email?done=1`;
}

/** Resets what belongs to the previous session, and notifies the other tabs. */
function startSession(): void {
  tokenCache.clear();
  reportEnrolment(false);
  forgetEmail();
  resetBanner();
  setSignedInMark();
  notifyTabs("signed-in");
}

/** Clears the session in every tab after a deliberate sign-out, so that it is not reported as expired. */
export function clearSession(): void {
  clearSignedInMark();
  tokenCache.clear();
  reportEnrolment(false);
  forgetEmail();
  resetBanner();
  notifyTabs("signed-out");
  refreshSession();
}

/** What the sign-up form asks for. */
interface NewAccount {
  name: string;
  email: string;
  password: string;
  username?: string;
}

/**
 * Creates an account and starts a session. Returns false if no session was started, e.g. until the email is verified.
 */
export async function signUp(values: NewAccount): Promise<boolean> {
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

/** What the sign-in form asks for. */
interface Credentials {
  /** The email, or the username where the service accepts it. */
  email: string;
  password: string;
}

/** Reports a text that cannot be a username as invalid credentials. */
function asInvalidCredentials(error: unknown): never {
  const isInvalid = error instanceof ServiceError && /^(USERNAME_TOO_|INVALID_USERNAME)/.test(error.code);
  throw isInvalid ? new ServiceError(error.status, "INVALID_USERNAME_OR_PASSWORD", error.message) : error;
}

/** Requests a session with the email or, if there is no `@`, the username. */
async function requestSession({ email: name, password }: Credentials, back: { callbackURL?: string }) {
  if (name.includes("@")) {
    return callAuth((fetchOptions) => authClient.signIn.email({ email: name, password, ...back, fetchOptions }));
  }
  const answer = await postAuth("/sign-in/username", { username: name, password, ...back }).catch(asInvalidCredentials);
  if (!challengeIn(answer) && !back.callbackURL) {
    refreshSession();
  }
  return answer;
}

/**
 * Starts a session. With a `callbackURL`, which the service validates, the client then redirects to that page. Returns
 * a challenge if a second factor is required first.
 */
export async function signIn(values: Credentials, callbackURL?: string): Promise<Challenge | undefined> {
  redirecting = callbackURL !== undefined;
  try {
    const answer = await requestSession(values, callbackURL === undefined ? {} : { callbackURL });
    const challenge = challengeIn(answer);
    if (challenge) {
      redirecting = false;
      beginChallenge({ application: callbackURL });
      return challenge;
    }
  } catch (error) {
    redirecting = false;
    throw error;
  }
  startSession();
  return undefined;
}

/**
 * Completes a sign-in whose second factor was verified, and ends the session that it replaces. Returns the URL of the
 * application to redirect to, if one sent the browser here.
 */
export async function completeChallenge(): Promise<string | undefined> {
  const { application, replaces } = endChallenge();
  redirecting = application !== undefined;
  await replaceSession(replaces);
  return application;
}

/** Gives up a challenged sign-in. The service may have ended the session that it was to replace. */
export function abandonChallenge(): void {
  endChallenge();
  refreshSession();
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

// Keeps the client from refetching the session between the calls that replace it.
const quiet = { disableSignal: true };

/**
 * Refetches a session that has just been started. Ends the one that it replaces, which would be listed as another
 * device; if this fails, the user can still end it there.
 */
export async function replaceSession(before: string | undefined): Promise<void> {
  startSession();
  if (before) {
    const end = (options: object) =>
      authClient.revokeSession({ token: before, fetchOptions: { ...options, ...quiet } });
    await callAuth(end).catch(() => {});
  }
  await currentSession()?.refetch();
}

/**
 * Replaces a session that is too old with a fresh one, and refetches it. Returns a challenge if a second factor is
 * required first.
 */
export async function reauthenticate(values: Credentials): Promise<Challenge | undefined> {
  const before = currentSession()?.data?.session.token;
  const answer = await callAuth((options) =>
    authClient.signIn.email({ ...values, fetchOptions: { ...options, ...quiet } }),
  );
  const challenge = challengeIn(answer);
  if (challenge) {
    beginChallenge({ replaces: before });
    return challenge;
  }
  await replaceSession(before);
  return undefined;
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
