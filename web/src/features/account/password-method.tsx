import { useCapabilities } from "@/features/auth/capabilities";
import { EmailText } from "@/features/auth/email-text";
import { requestPasswordReset, type User } from "@/features/auth/session";
import { useResend } from "@/features/auth/use-resend";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { MethodRow } from "./method-row";

/** The mark of the password, as wide as those of the providers. */
function PasswordMark() {
  return (
    <svg aria-hidden="true" viewBox="0 0 24 24" className="size-5 shrink-0">
      <path
        fill="currentColor"
        d="M6 10V8a6 6 0 1 1 12 0v2h1a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V11a1 1 0 0 1 1-1zm2 0h8V8a4 4 0 1 0-8 0z"
      />
    </svg>
  );
}

interface Props {
  user: User;
  /** Undefined while it is loading. */
  isSet: boolean | undefined;
}

/** The password in the list of sign-in methods. A user without one can set it with a link in an email. */
export function PasswordMethod({ user, isSet }: Props) {
  const { passwordReset } = useCapabilities();
  const { resend, busy, left, again, failure } = useResend(() => requestPasswordReset({ email: user.email }), false);
  const detail = isSet === undefined ? undefined : isSet ? "Set" : "Not set";
  return (
    <li>
      <MethodRow mark={<PasswordMark />} name="Password" detail={detail}>
        {isSet === false && passwordReset && (
          <Button busy={busy || left > 0} onClick={() => void resend()} className="shrink-0">
            {busy ? "One moment…" : again ? "Send again" : "Set a password"}
          </Button>
        )}
      </MethodRow>
      {failure && <Notice kind="error">{failure}</Notice>}
      <p role="status" className="pb-3 text-good empty:hidden">
        {again && (
          <>
            Check your email: the link to set a password was sent to <EmailText email={user.email} />. Setting it signs
            you out on all devices.
          </>
        )}
      </p>
    </li>
  );
}
