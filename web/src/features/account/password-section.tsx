import { validateConfirmation, validatePassword } from "@/features/auth/messages";
import { NewPasswordField } from "@/features/auth/new-password-field";
import type { User } from "@/features/auth/session";
import { UsernameField } from "@/features/auth/username-field";
import { PasswordField } from "@/ui/password-field";
import { changePassword } from "./account";
import { SettingsForm } from "./settings-form";

const PASSWORDS = ["currentPassword", "password"] as const;

/** Changes the user's password. */
export function PasswordSection({ user }: { user: User }) {
  return (
    <SettingsForm
      id="password"
      title="Password"
      about="Changing your password signs out your other devices."
      action="Change password"
      fields={PASSWORDS}
      validate={(values) => [...validateConfirmation(values), ...validatePassword(values)]}
      submit={async ({ currentPassword, password }) => {
        await changePassword(currentPassword, password);
        return "Password changed.";
      }}
    >
      {(errorFor) => (
        <>
          <UsernameField email={user.email} />
          <PasswordField
            label="Current password"
            name="currentPassword"
            secret="current password"
            autoComplete="current-password"
            error={errorFor("currentPassword")}
          />
          <NewPasswordField label="New password" error={errorFor("password")} />
        </>
      )}
    </SettingsForm>
  );
}
