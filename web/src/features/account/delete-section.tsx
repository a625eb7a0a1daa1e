import { confirmationMistakes } from "@/features/auth/messages";
import { leave, type User } from "@/features/auth/session";
import { UsernameField } from "@/features/auth/username-field";
import { PasswordField } from "@/ui/password-field";
import { deleteAccount } from "./account";
import { SettingsForm } from "./settings-form";

const CONFIRM = ["currentPassword"] as const;

// The service cancels such links with the session that asked for them.
const DELETION_BEGUN =
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
      mistakes={confirmationMistakes}
      submit={async ({ currentPassword }) => {
        if (!(await deleteAccount(currentPassword))) {
          return DELETION_BEGUN;
        }
        leave();
        return "Your account is deleted.";
      }}
    >
      {(errorOf) => (
        <>
          <UsernameField email={user.email} />
          <PasswordField
            label="Password, to confirm"
            name="currentPassword"
            autoComplete="current-password"
            error={errorOf("currentPassword")}
          />
        </>
      )}
    </SettingsForm>
  );
}
