import type { User } from "@/features/auth/session";
import { UsernameField } from "@/features/auth/username-field";
import { PasswordField } from "@/ui/password-field";

interface Props {
  user: User;
  label?: string;
  hint?: string | undefined;
  error: string | undefined;
}

/** A field for the password that confirms a change. */
export function ConfirmPassword({ user, label = "Confirm with your password", hint, error }: Props) {
  return (
    <>
      <UsernameField email={user.email} />
      <PasswordField label={label} name="currentPassword" autoComplete="current-password" hint={hint} error={error} />
    </>
  );
}
