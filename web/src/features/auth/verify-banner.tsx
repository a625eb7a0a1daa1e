import { useState } from "react";
import { Button } from "@/ui/button";
import { useCapabilities } from "./capabilities";
import { EmailText } from "./email-text";
import { dismissBanner, isBannerDismissed } from "./dismissed-banner";
import { askForVerification, type User } from "./session";
import { useResend } from "./use-resend";

interface Props {
  user: User;
  /** Puts the focus somewhere else: its button is gone. */
  onDismiss: () => void;
}

function Banner({ user, onDismiss }: Props) {
  const { resend, busy, left, again, failure } = useResend(() => askForVerification({ email: user.email }), false);
  return (
    <section aria-label="Verification reminder" className="border-b border-line bg-card print:hidden">
      <div className="mx-auto flex max-w-4xl flex-wrap items-center gap-x-4 gap-y-2 px-4 py-2">
        <div className="min-w-0 flex-1 basis-60 text-sm">
          <p role="status">
            {again ? (
              <>
                A link is on its way to <EmailText email={user.email} />. Open it in this browser.
              </>
            ) : (
              "Your email is not verified yet."
            )}
          </p>
          <p role="alert" className="text-danger empty:hidden">
            {failure}
          </p>
        </div>
        <div className="flex gap-2">
          <Button busy={busy || left > 0} onClick={() => void resend()}>
            {busy ? "One moment…" : again ? "Send again" : "Send link"}
          </Button>
          <Button look="quiet" onClick={onDismiss}>
            Not now
          </Button>
        </div>
      </div>
    </section>
  );
}

/** Reminds somebody to verify their email, where the service can send the link. It can be dismissed in this tab. */
export function VerifyBanner({ user, onDismiss }: Props) {
  const { phase, emailVerification } = useCapabilities();
  const [dismissed, setDismissed] = useState(isBannerDismissed);
  if (user.emailVerified || dismissed || phase !== "known" || !emailVerification.enabled) {
    return null;
  }
  return (
    <Banner
      user={user}
      onDismiss={() => {
        dismissBanner();
        setDismissed(true);
        onDismiss();
      }}
    />
  );
}
