import { validateConfirmation } from "@/features/auth/messages";
import { clearSession, type User } from "@/features/auth/session";
import { UsernameField } from "@/features/auth/username-field";
import { PasswordField } from "@/ui/password-field";
import { deleteAccount } from "./account";
import { SettingsForm } from "./settings-form";

const CONFIRM = ["currentPassword"] as const;

// The service cancels the link when the session that requested it ends.
const DELETION_REQUESTED =
  "Check your email for the link that deletes your account. Stay signed in, and open the link in this browser.";

interface Props {
  user: User;
  /** Whether the deletion has to be confirmed with a link in an email. */
  byMail: boolean;
}

/** Deletes the user's account. */
export function DeleteSection({ user, byMail }: Props) {
  return (
    <SettingsForm
      title="Delete account"
      about={byMail ? "We will email you a link to confirm. This cannot be undone." : "This cannot be undone."}
      action="Delete account"
      danger
      fields={CONFIRM}
      validate={validateConfirmation}
      submit={async ({ currentPassword }) => {
        if (!(await deleteAccount(currentPassword))) {
          return DELETION_REQUESTED;
        }
        clearSession();
        return "Account deleted.";
      }}
    >
      {(errorFor) => (
        <>
          <UsernameField email={user.email} />
          <PasswordField
            label="Confirm with your password"
            name="currentPassword"
            autoComplete="current-password"
            error={errorFor("currentPassword")}
          />
        </>
      )}
    </SettingsForm>
  );
}
