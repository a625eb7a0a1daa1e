import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { RunFresh } from "@/features/auth/fresh-session";
import { formErrorFor } from "@/features/auth/messages";
import type { User } from "@/features/auth/session";
import { isStale } from "@/features/auth/stale-session";
import { unlinkAccount, type LinkedAccount } from "./account";
import { linkedAccountsKey } from "./use-linked-accounts";

/** Unlinks accounts at providers, one at a time. */
export function useUnlink(user: User, run: RunFresh) {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const [done, setDone] = useState("");

  function reset() {
    setFailure("");
    setDone("");
  }

  /** Unlinks an account at the provider of this name. Returns whether it is unlinked. */
  async function unlink(account: LinkedAccount, name: string): Promise<boolean> {
    reset();
    setBusy(true);
    const queryKey = linkedAccountsKey(user);
    try {
      await run(() => unlinkAccount(account.id));
      queries.setQueryData<LinkedAccount[]>(queryKey, (all) => all?.filter(({ id }) => id !== account.id));
      setDone(`${name} unlinked.`);
      return true;
    } catch (error) {
      const unconfirmed = `${name} is still linked. Confirm your identity to unlink it.`;
      setFailure(isStale(error) ? unconfirmed : formErrorFor(error).text);
      return false;
    } finally {
      setBusy(false);
      // Another device may have changed the list too.
      void queries.invalidateQueries({ queryKey });
    }
  }

  return { unlink, busy, failure, done, reset };
}
