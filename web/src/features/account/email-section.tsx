import { EmailText } from "@/features/auth/email-text";
import type { RunFresh } from "@/features/auth/fresh-session";
import { validateEmail, type FormError } from "@/features/auth/messages";
import type { User } from "@/features/auth/session";
import { TextField } from "@/ui/text-field";
import { changeEmail } from "./account";
import { SettingsForm } from "./settings-form";

const EMAIL = ["email"] as const;

// The service cancels such links with the session that asked for them.
const CHANGE_REQUESTED =
  "If the address can be used, a link is on its way by email. Stay signed in here until you have opened it.";

function validateNewEmail(values: { email: string }, user: User): FormError[] {
  return values.email.toLowerCase() === user.email
    ? [{ field: "email", text: "This is your address already" }]
    : validateEmail(values);
}

/** Changes the user's email, once a link in a mail was followed. */
export function EmailSection({ user, run }: { user: User; run: RunFresh }) {
  return (
    <SettingsForm
      title="Email"
      about={
        <>
          Your address is <EmailText email={user.email} />.
        </>
      }
      action="Change address"
      fields={EMAIL}
      validate={(values) => validateNewEmail(values, user)}
      submit={async ({ email }) => {
        await run(() => changeEmail(email));
        return CHANGE_REQUESTED;
      }}
    >
      {(errorFor) => (
        <TextField
          label="New address"
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
