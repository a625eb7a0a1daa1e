import type { RunFresh } from "@/features/auth/fresh-session";
import { validateConfirmation, type FormError } from "@/features/auth/messages";
import { clearSession, type User } from "@/features/auth/session";
import { TextField } from "@/ui/text-field";
import { deleteAccount } from "./account";
import { ConfirmPassword } from "./confirm-password";
import { SettingsForm } from "./settings-form";

const CONFIRM = ["currentPassword"] as const;
const CONFIRM_EMAIL = ["email"] as const;

// The service cancels the link when the session that requested it ends.
const DELETION_REQUESTED =
  "Check your email for the link that deletes your account. Stay signed in, and open the link in this browser.";

interface Props {
  user: User;
  /** Whether the deletion has to be confirmed with a link in an email. */
  byMail: boolean;
}

/** The texts of the section. */
function texts(byMail: boolean) {
  return {
    title: "Delete account",
    about: byMail ? "We will email you a link to confirm. This cannot be undone." : "This cannot be undone.",
    action: "Delete account",
  };
}

/** Deletes the account. Returns the message to show. */
async function remove(password?: string): Promise<string> {
  if (!(await deleteAccount(password))) {
    return DELETION_REQUESTED;
  }
  clearSession();
  return "Account deleted.";
}

/** Deletes the account of a user who has a password. */
export function DeleteSection({ user, byMail }: Props) {
  return (
    <SettingsForm
      {...texts(byMail)}
      danger
      fields={CONFIRM}
      validate={validateConfirmation}
      submit={({ currentPassword }) => remove(currentPassword)}
    >
      {(errorFor) => <ConfirmPassword user={user} error={errorFor("currentPassword")} />}
    </SettingsForm>
  );
}

function validateOwnEmail({ email }: { email: string }, user: User): FormError[] {
  return email.trim().toLowerCase() === user.email ? [] : [{ field: "email", text: "This is not your email" }];
}

/** Deletes the account of a user who has no password. They type their email, so that nobody deletes it by accident. */
export function DeleteWithoutPassword({ user, byMail, run }: Props & { run: RunFresh }) {
  return (
    <SettingsForm
      {...texts(byMail)}
      danger
      fields={CONFIRM_EMAIL}
      validate={(values) => validateOwnEmail(values, user)}
      submit={() => run(() => remove())}
    >
      {(errorFor) => (
        <TextField
          label="Confirm with your email"
          name="email"
          type="email"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          error={errorFor("email")}
        />
      )}
    </SettingsForm>
  );
}
