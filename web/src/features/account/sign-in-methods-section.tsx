import { useEffect, useRef, useState } from "react";
import { useCapabilities } from "@/features/auth/capabilities";
import type { RunFresh } from "@/features/auth/fresh-session";
import { errorMessage } from "@/features/auth/messages";
import { ProviderMark } from "@/features/auth/provider-mark";
import { providerProblem } from "@/features/auth/provider-problem";
import type { User } from "@/features/auth/session";
import { useDeparture } from "@/features/auth/use-departure";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { useTakenParameter } from "@/ui/use-taken-parameter";
import { linkProvider, type LinkedAccount } from "./account";
import { linkedOn, MethodButton } from "./method-button";
import { MethodRow } from "./method-row";
import { PasswordMethod } from "./password-method";
import { hasPassword, providerMethods } from "./sign-in-methods";
import { UnlinkDialog } from "./unlink-dialog";
import type { LinkedAccounts } from "./use-linked-accounts";
import { useUnlink } from "./use-unlink";

const RULE = "sign-in-methods-rule";

/** The messages for a user whom a provider has sent back here. */
function useArrival(accounts: readonly LinkedAccount[] | undefined) {
  const { socialProviders } = useCapabilities();
  const error = useTakenParameter("error");
  const linked = useTakenParameter("linked");
  // Anybody can write such a URL, so the message depends on what the service says.
  const isLinked = accounts?.some(({ providerId }) => providerId === linked);
  const provider = isLinked ? socialProviders.find(({ id }) => id === linked) : undefined;
  return {
    arrived: error !== undefined || linked !== undefined,
    failure: error === undefined ? "" : providerProblem(error),
    done: provider ? `${provider.name} linked.` : "",
  };
}

interface Props {
  user: User;
  run: RunFresh;
  linked: LinkedAccounts;
}

/** Lists the ways to sign in: the password and each provider, with buttons to link and unlink. */
export function SignInMethodsSection({ user, run, linked: { accounts, error, loading, isFetching, refetch } }: Props) {
  const capabilities = useCapabilities();
  const arrival = useArrival(accounts);
  const departure = useDeparture();
  const unlinking = useUnlink(user, run);
  const [asked, setAsked] = useState<{ account: LinkedAccount; name: string }>();
  const [acted, setActed] = useState(false);
  const section = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const isSet = accounts && hasPassword(accounts);
  const busy = departure.leaving !== undefined || unlinking.busy;
  const failure = departure.failure || unlinking.failure || (acted ? "" : arrival.failure);
  const done = unlinking.done || (acted ? "" : arrival.done);

  useEffect(() => {
    // The section that changes the password is not there, but its URL may have been opened.
    if (arrival.arrived || (isSet === false && location.hash === "#password")) {
      section.current?.scrollIntoView();
      heading.current?.focus({ preventScroll: true });
    }
  }, [arrival.arrived, isSet]);

  function link(provider: string) {
    setActed(true);
    unlinking.reset();
    void departure.leave(provider, () => linkProvider(provider));
  }

  async function answer(confirmed: boolean) {
    setAsked(undefined);
    if (!asked || !confirmed) {
      return;
    }
    setActed(true);
    if (await unlinking.unlink(asked.account, asked.name)) {
      // The button that had the focus is gone.
      heading.current?.focus();
    }
  }

  return (
    <section
      ref={section}
      aria-labelledby="sign-in-methods"
      className="rounded-2xl border border-line bg-card p-5 sm:p-6"
    >
      <h2 ref={heading} id="sign-in-methods" tabIndex={-1} className="mb-1 text-lg font-bold">
        Sign-in methods
      </h2>
      <p id={RULE} className="mb-3 text-soft">
        You need at least one way to sign in, so the last one cannot be unlinked.
      </p>
      {loading && (
        <p role="status" className="sr-only">
          Loading…
        </p>
      )}
      {failure && <Notice kind="error">{failure}</Notice>}
      {error && !accounts ? (
        <div className="flex flex-wrap items-center gap-3">
          <Notice kind="error">{errorMessage(error)}</Notice>
          <Button busy={isFetching} onClick={() => void refetch()}>
            Try again
          </Button>
        </div>
      ) : (
        // While the accounts are loading, the list has the rows that it will usually have.
        <ul aria-busy={loading} className="divide-y divide-line">
          <PasswordMethod user={user} isSet={isSet} />
          {providerMethods(accounts ?? [], capabilities).map((method) => {
            const { provider, account } = method;
            const detail = account ? `Linked on ${linkedOn(account)}` : "Not linked";
            return (
              <li key={`${provider.id} ${account?.id}`}>
                <MethodRow
                  mark={<ProviderMark {...provider} />}
                  name={provider.name}
                  detail={loading ? undefined : detail}
                >
                  {!loading && (
                    <MethodButton
                      method={method}
                      busy={busy}
                      rule={RULE}
                      onLink={() => link(provider.id)}
                      onUnlink={(linked) => setAsked({ account: linked, name: provider.name })}
                    />
                  )}
                </MethodRow>
              </li>
            );
          })}
        </ul>
      )}
      <p role="status" className="text-good empty:hidden">
        {done}
      </p>
      {asked && <UnlinkDialog name={asked.name} onAnswer={(confirmed) => void answer(confirmed)} />}
    </section>
  );
}
