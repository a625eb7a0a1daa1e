import { authClient, asked, lookAtSession, tokenKeeper } from "@/lib/auth-client";
import { ServiceError } from "@/lib/service-error";
import { tellTabs } from "@/lib/tabs";
import { restoreBanner } from "./dismissed-banner";
import { clearMark, isMarked, setMark } from "./signed-in-mark";
import { forgetEmail } from "./typed-email";

/** The status of an answer by a service whose database is away. */
const UNAVAILABLE = 503;

/** The session as far as the page knows it. */
export const useSession = authClient.useSession;

/** The session as it is known at this moment, for what goes on between two looks of React. */
export function sessionNow() {
  return authClient.$store.atoms.session?.get() as ReturnType<typeof useSession> | undefined;
}

/** Who is signed in. */
export type User = typeof authClient.$Infer.Session.user;

/** Where a link that verifies an address leads; a link that is no longer valid adds an `error`. */
function verified(): string {
  return `${location.origin}/verify-email?done=1`;
}

function begin(): void {
  tokenKeeper.forget();
  forgetEmail();
  restoreBanner();
  setMark();
  tellTabs("signed-in");
}

/** Knows, in every tab, that the session was ended on purpose. */
export function leave(): void {
  clearMark();
  tokenKeeper.forget();
  forgetEmail();
  restoreBanner();
  tellTabs("signed-out");
  lookAtSession();
}

/** Makes an account, and a session of it, unless the address has to be verified first: then the answer is false. */
export async function signUp(values: { name: string; email: string; password: string }): Promise<boolean> {
  const callbackURL = verified();
  const { token } = await asked((fetchOptions) => authClient.signUp.email({ ...values, callbackURL, fetchOptions }));
  if (token === null) {
    return false;
  }
  begin();
  return true;
}

let leaving = false;

/** Whether the browser is on its way to an application that sent it here to sign in. */
export function isLeaving(): boolean {
  return leaving;
}

/** Begins a session. With `callbackURL`, which the service checks, the official client then leaves for that page. */
export async function signIn(values: { email: string; password: string }, callbackURL?: string): Promise<void> {
  leaving = callbackURL !== undefined;
  const back = callbackURL === undefined ? {} : { callbackURL };
  try {
    await asked((fetchOptions) => authClient.signIn.email({ ...values, ...back, fetchOptions }));
  } catch (error) {
    leaving = false;
    throw error;
  }
  begin();
}

/** Begins a session in place of the one that is too old for something. The page knows it when this is done. */
export async function signInAnew(values: { email: string; password: string }): Promise<void> {
  const before = sessionNow()?.data?.session.token;
  // The client would look at the session by itself, after the first of these calls and in the midst of the second.
  const quiet = { disableSignal: true };
  await asked((options) => authClient.signIn.email({ ...values, fetchOptions: { ...options, ...quiet } }));
  begin();
  if (before) {
    // The session before would be listed as another device. If it cannot be ended now, that list can still end it.
    await asked((options) => authClient.revokeSession({ token: before, fetchOptions: { ...options, ...quiet } })).catch(
      () => {},
    );
  }
  await sessionNow()?.refetch();
}

let livesOn = false;

/** Whether the last sign-out removed the session from this browser, but could not end it. */
export function sessionLivesOn(): boolean {
  return livesOn;
}

/** Ends the session, here and in every tab. If the service cannot end it, this browser is signed out all the same. */
export async function signOut(): Promise<void> {
  const marked = isMarked();
  livesOn = false;
  // Before the request: nobody who looks at the session meanwhile may call it expired.
  clearMark();
  try {
    await asked((fetchOptions) => authClient.signOut({ fetchOptions }));
  } catch (error) {
    if (!(await isForgotten(error))) {
      if (marked) {
        setMark();
      }
      throw error;
    }
    livesOn = true;
  }
  leave();
}

/** Whether a sign-out that was answered 503 has cleared the cookies: then there is no session, database or not. */
async function isForgotten(error: unknown): Promise<boolean> {
  if (!(error instanceof ServiceError && error.status === UNAVAILABLE)) {
    return false;
  }
  const session = asked((fetchOptions) => authClient.getSession({ fetchOptions }));
  return session.then(
    (found) => found === null,
    () => false,
  );
}

/** Asks for a mail with a link to set a new password. The answer never tells whether there is such an account. */
export async function askForReset(values: { email: string }): Promise<void> {
  const redirectTo = `${location.origin}/reset-password`;
  await asked((fetchOptions) => authClient.requestPasswordReset({ ...values, redirectTo, fetchOptions }));
}

/** Sets a new password by the token of a link; every session ends. */
export async function resetPassword(token: string, newPassword: string): Promise<void> {
  await asked((fetchOptions) => authClient.resetPassword({ newPassword, token, fetchOptions }));
  leave();
}

/** Asks for another mail that verifies an address. */
export async function askForVerification(values: { email: string }): Promise<void> {
  const callbackURL = verified();
  await asked((fetchOptions) => authClient.sendVerificationEmail({ ...values, callbackURL, fetchOptions }));
}

/** Has every tab look at the session again, whose email was verified by a link. */
export function emailVerified(): void {
  lookAtSession();
  tellTabs("signed-in");
}
