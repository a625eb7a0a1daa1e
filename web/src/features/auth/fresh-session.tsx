import { useRef, useState, type ReactNode } from "react";
import { PasswordDialog } from "./password-dialog";
import type { User } from "./session";
import { withFreshSession } from "./stale-session";

/** Does what needs a fresh session. Fails with the refusal itself (`isStale`) when the password was not given. */
export type RunFresh = <Result>(action: () => Promise<Result>) => Promise<Result>;

/** Does what needs a fresh session, and asks for the password in a dialog if the session is not fresh. */
export function useFreshSession(user: User) {
  const [open, setOpen] = useState(false);
  // Everything that was refused waits for the same dialog.
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
    /** Stands somewhere in the page of who uses this, in no form: it has one. */
    dialog,
  };
}
