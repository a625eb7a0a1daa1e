import { EmailText } from "@/features/auth/email-text";
import type { RunFresh } from "@/features/auth/fresh-session";
import { validateEmail, type FormError } from "@/features/auth/messages";
import type { User } from "@/features/auth/session";
import { TextField } from "@/ui/text-field";
import { changeEmail } from "./account";
import { SettingsForm } from "./settings-form";

const EMAIL = ["email"] as const;

// The service cancels the link when the session that requested it ends.
const CHANGE_REQUESTED =
  "If this email is available, you will receive a link to confirm the change. Stay signed in here until you open it.";

function validateNewEmail(values: { email: string }, user: User): FormError[] {
  return values.email.toLowerCase() === user.email
    ? [{ field: "email", text: "This is already your email" }]
    : validateEmail(values);
}

/** Requests a change of the user's email, which a link in an email completes. */
export function EmailSection({ user, run }: { user: User; run: RunFresh }) {
  return (
    <SettingsForm
      title="Email"
      about={
        <>
          Your email is <EmailText email={user.email} />.
        </>
      }
      action="Change email"
      fields={EMAIL}
      validate={(values) => validateNewEmail(values, user)}
      submit={async ({ email }) => {
        await run(() => changeEmail(email));
        return CHANGE_REQUESTED;
      }}
    >
      {(errorFor) => (
        <TextField
          label="New email"
          name="email"
          type="email"
          autoComplete="email"
          autoCapitalize="none"
          spellCheck={false}
          error={errorFor("email")}
        />
      )}
    </SettingsForm>
  );
}
