import { validateConfirmation } from "@/features/auth/messages";
import { clearSession, type User } from "@/features/auth/session";
import { UsernameField } from "@/features/auth/username-field";
import { PasswordField } from "@/ui/password-field";
import { deleteAccount } from "./account";
import { SettingsForm } from "./settings-form";

const CONFIRM = ["currentPassword"] as const;

// The service cancels such links with the session that asked for them.
const DELETION_REQUESTED =
  "Check your email for the link that deletes your account. Stay signed in here, and open it in this browser.";

interface Props {
  user: User;
  /** Whether a link in a mail has to be followed first. */
  byMail: boolean;
}

/** Deletes the user's account. */
export function DeleteSection({ user, byMail }: Props) {
  return (
    <SettingsForm
      title="Delete the account"
      about={byMail ? "We email you a link that confirms it. This cannot be undone." : "This cannot be undone."}
      action="Delete account"
      danger
      fields={CONFIRM}
      validate={validateConfirmation}
      submit={async ({ currentPassword }) => {
        if (!(await deleteAccount(currentPassword))) {
          return DELETION_REQUESTED;
        }
        clearSession();
        return "Your account is deleted.";
      }}
    >
      {(errorFor) => (
        <>
          <UsernameField email={user.email} />
          <PasswordField
            label="Password, to confirm"
            name="currentPassword"
            autoComplete="current-password"
            error={errorFor("currentPassword")}
          />
        </>
      )}
    </SettingsForm>
  );
}
