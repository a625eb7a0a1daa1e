"use client";

import { useCapabilities } from "./capabilities";
import { EmailText } from "./email-text";
import { MailForm } from "./mail-form";
import { requestPasswordReset } from "./session";
import { Unavailable } from "./unavailable";

/** The page of a password reset if the service does not offer it. */
export function ResetDisabled() {
  return (
    <Unavailable
      title="Password reset is disabled"
      text="This service cannot email you a link to set a new password. Ask its administrator for help."
      href="/signin"
      action="Back to sign-in"
    />
  );
}

/** Requests a link to set a new password. */
export function ForgotPasswordForm() {
  const { passwordReset } = useCapabilities();
  if (!passwordReset) {
    return <ResetDisabled />;
  }
  return (
    <MailForm
      title="Forgot your password?"
      action="Send link"
      done={(email) => (
        <>
          If an account exists for <EmailText email={email} />, you will receive an email with a link to set a new
          password.
        </>
      )}
      send={requestPasswordReset}
    />
  );
}
