"use client";

import { MailForm } from "./mail-form";
import { askForReset } from "./session";

/** Asks for a link to set a new password. */
export function ForgotPasswordForm() {
  return (
    <MailForm
      title="Forgotten your password?"
      action="Send a link"
      done="If there is an account with this address, a link is on its way to it."
      send={askForReset}
    />
  );
}
