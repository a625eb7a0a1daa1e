import { useRef, useState, type ReactNode } from "react";
import type { SocialProvider } from "./capabilities";
import type { MailWay } from "./passwordless/mail-ways";
import { PasswordDialog } from "./password-dialog";
import type { User } from "./session";
import { SignInAgainDialog } from "./sign-in-again-dialog";
import { withFreshSession } from "./stale-session";

/** Runs an action that needs a fresh session. Fails with the service's error (`isStale`) if the session stays old. */
export type RunFresh = <Result>(action: () => Promise<Result>) => Promise<Result>;

/** How a user who cannot use a password can sign in again. */
export interface WaysAgain {
  providers: readonly SocialProvider[];
  mail: readonly MailWay[];
}

/**
 * Runs actions that need a fresh session. If the session is not fresh, a dialog asks for the password, or offers these
 * ways to sign in again.
 */
export function useFreshSession(user: User, ways: WaysAgain) {
  const [open, setOpen] = useState(false);
  // All rejected actions wait for the same dialog.
  const waiting = useRef<((fresh: boolean) => void)[]>([]);

  function freshen(): Promise<boolean> {
    setOpen(true);
    return new Promise((resolve) => waiting.current.push(resolve));
  }

  function settle(fresh: boolean) {
    setOpen(false);
    waiting.current.splice(0).forEach((resolve) => resolve(fresh));
  }

  const dialog: ReactNode =
    open &&
    (ways.providers.length > 0 || ways.mail.length > 0 ? (
      <SignInAgainDialog user={user} ways={ways} onClose={settle} />
    ) : (
      <PasswordDialog user={user} onClose={settle} />
    ));
  const run: RunFresh = (action) => withFreshSession(action, freshen);
  return {
    run,
    /** To be rendered by the caller, outside of any form: the dialog may contain one. */
    dialog,
  };
}
