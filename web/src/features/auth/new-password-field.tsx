import { PasswordField } from "@/ui/password-field";
import { useCapabilities } from "./capabilities";
import { passwordRule } from "./messages";

interface Props {
  label: string;
  error: string | undefined;
}

/** A field for a new password. Password managers offer to generate one. */
export function NewPasswordField({ label, error }: Props) {
  const { password } = useCapabilities();
  return (
    <PasswordField
      label={label}
      name="password"
      secret={label.toLowerCase()}
      autoComplete="new-password"
      required
      // Read by password generators. No `maxLength`: browsers would silently truncate a longer password.
      minLength={password.minLength}
      hint={passwordRule(password)}
      error={error}
    />
  );
}
