import type { ReactNode } from "react";
import { EmailText } from "../email-text";
import { MailForm } from "../mail-form";
import { requestSignInLink } from "./sign-in-mail";

/** Requests an email with a link that signs in. */
export default function LinkCard({ footer }: { footer: ReactNode }) {
  return (
    <MailForm
      title="Sign in with a link"
      replaces
      action="Send link"
      done={(email) => (
        <>
          If you can sign in as <EmailText email={email} />, you will receive an email with a link. Open it in this
          browser; other browsers will ask you to confirm.
        </>
      )}
      send={requestSignInLink}
      footer={footer}
    />
  );
}
