import { useRef, useState, type ReactNode } from "react";
import { PasswordDialog } from "./password-dialog";
import type { User } from "./session";
import { withFreshSession } from "./stale-session";

/** Runs an action that needs a fresh session. Fails with the service's error (`isStale`) if no password was entered. */
export type RunFresh = <Result>(action: () => Promise<Result>) => Promise<Result>;

/** Runs actions that need a fresh session, and asks for the password in a dialog if the session is not fresh. */
export function useFreshSession(user: User) {
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

  const dialog: ReactNode = open && <PasswordDialog user={user} onClose={settle} />;
  const run: RunFresh = (action) => withFreshSession(action, freshen);
  return {
    run,
    /** To be rendered by the caller, outside of any form: the dialog contains one. */
    dialog,
  };
}
