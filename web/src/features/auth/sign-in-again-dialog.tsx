import dynamic from "next/dynamic";
import { useEffect, useRef } from "react";
import { Button } from "@/ui/button";
import type { WaysAgain } from "./fresh-session";
import { ProviderButtons } from "./provider-buttons";
import { signInAt, type User } from "./session";

/** Loaded for users who can sign in with their email. */
const MailAgain = dynamic(() => import("./passwordless/mail-again"), {
  ssr: false,
  loading: () => <p role="status">Loading…</p>,
});

interface Props {
  user: User;
  ways: WaysAgain;
  /** Called when the dialog closes, with whether the session is fresh now. */
  onClose: (fresh: boolean) => void;
}

/** Sends the browser to a provider, and from there back to this page. */
function signInAgain(provider: string): Promise<void> {
  const here = location.origin + location.pathname;
  return signInAt(provider, { callbackURL: here, errorCallbackURL: here });
}

/** Offers to sign in again if the session is too old for an action and the user has no password to confirm it with. */
export function SignInAgainDialog({ user, ways: { providers, mail }, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const fresh = useRef(false);

  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  return (
    // Closed before it is unmounted, so that the browser restores the focus.
    <dialog
      ref={dialog}
      aria-labelledby="again-title"
      onClose={() => onClose(fresh.current)}
      className="m-auto w-[min(26rem,calc(100vw-2rem))] rounded-2xl border border-line bg-card p-6 text-ink backdrop:bg-black/50"
    >
      <h2 id="again-title" className="mb-1 text-lg font-bold">
        Sign in again
      </h2>
      <p className="mb-4 text-soft">
        {mail.includes("code")
          ? "You signed in a while ago. Confirm that it is you."
          : "You signed in a while ago. Sign in again, then repeat your change."}
      </p>
      <div className="flex flex-col gap-3">
        <ProviderButtons providers={providers} request={signInAgain} />
        {mail.length > 0 && (
          <MailAgain
            user={user}
            ways={mail}
            onFresh={() => {
              fresh.current = true;
              dialog.current?.close();
            }}
          />
        )}
        <Button onClick={() => dialog.current?.close()} className="self-end">
          Cancel
        </Button>
      </div>
    </dialog>
  );
}
