import { useEffect, useState, type ReactNode } from "react";
import { Button } from "@/ui/button";
import { useCapabilities } from "./capabilities";
import { EmailText } from "./email-text";
import { dismissBanner, isBannerDismissed, rememberBanner } from "./dismissed-banner";
import { requestVerification, type User } from "./session";
import { useResend } from "./use-resend";

const BANNER_CLASS = "border-b border-line bg-card print:hidden";

interface Props {
  user: User;
  /** Moves the focus elsewhere, since the dismissed button is gone. */
  onDismiss: () => void;
}

const REMINDER = "Your email is not verified yet.";

interface FrameProps {
  message: ReactNode;
  failure?: ReactNode;
  buttons: ReactNode;
}

function Frame({ message, failure, buttons }: FrameProps) {
  return (
    <div className="mx-auto flex max-w-4xl flex-wrap items-center gap-x-4 gap-y-2 px-4 py-2">
      <div className="min-w-0 flex-1 basis-60 text-sm">
        <p role="status">{message}</p>
        <p role="alert" className="text-danger empty:hidden">
          {failure}
        </p>
      </div>
      <div className="flex gap-2">{buttons}</div>
    </div>
  );
}

function Banner({ user, onDismiss }: Props) {
  const { resend, busy, left, again, failure } = useResend(() => requestVerification({ email: user.email }), false);
  const message = again ? (
    <>
      A link is on its way to <EmailText email={user.email} />. Open it in this browser.
    </>
  ) : (
    REMINDER
  );
  return (
    <section aria-label="Verification reminder" className={BANNER_CLASS}>
      <Frame
        message={message}
        failure={failure}
        buttons={
          <>
            <Button busy={busy || left > 0} onClick={() => void resend()}>
              {busy ? "One moment…" : again ? "Send again" : "Send link"}
            </Button>
            <Button variant="quiet" onClick={onDismiss}>
              Not now
            </Button>
          </>
        }
      />
    </section>
  );
}

/** Reserves space for the reminder while the page loads, if it was shown the last time, so that nothing shifts. */
export function VerifyBannerPlace() {
  return (
    <div inert aria-hidden="true" className={`hidden in-data-reminded:block ${BANNER_CLASS}`}>
      <Frame
        message={REMINDER}
        buttons={
          <>
            <Button disabled>Send link</Button>
            <Button variant="quiet" disabled>
              Not now
            </Button>
          </>
        }
      />
    </div>
  );
}

/** Reminds the user to verify their email, if the service can send the link. Can be dismissed for this tab. */
export function VerifyBanner({ user, onDismiss }: Props) {
  const { phase, emailVerification } = useCapabilities();
  const [dismissed, setDismissed] = useState(isBannerDismissed);
  const shown = !user.emailVerified && !dismissed && phase === "known" && emailVerification.enabled;
  useEffect(() => rememberBanner(shown), [shown]);
  if (!shown) {
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
