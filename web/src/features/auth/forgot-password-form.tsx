"use client";

import { useCapabilities } from "./capabilities";
import { EmailText } from "./email-text";
import { MailForm } from "./mail-form";
import { requestPasswordReset } from "./session";
import { Unavailable } from "./unavailable";

/** A page of the password reset, where the service has none. */
export function ResetDisabled() {
  return (
    <Unavailable
      title="Password reset is disabled"
      text="This service cannot send you a link for a new password. Ask its administrator for help."
      href="/signin"
      action="Back to sign-in"
    />
  );
}

/** Asks for a link to set a new password. */
export function ForgotPasswordForm() {
  const { passwordReset } = useCapabilities();
  if (!passwordReset) {
    return <ResetDisabled />;
  }
  return (
    <MailForm
      title="Forgotten your password?"
      action="Send a link"
      done={(email) => (
        <>
          If there is an account with <EmailText email={email} />, a link to set a new password is on its way to it.
        </>
      )}
      send={requestPasswordReset}
    />
  );
}
