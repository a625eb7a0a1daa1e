import { PasswordField } from "@/ui/password-field";
import { useCapabilities } from "./capabilities";
import { passwordRule } from "./messages";

interface Props {
  label: string;
  error: string | undefined;
}

/** A password that somebody makes up: password managers offer one here. */
export function NewPasswordField({ label, error }: Props) {
  const { password } = useCapabilities();
  return (
    <PasswordField
      label={label}
      name="password"
      secret={label.toLowerCase()}
      autoComplete="new-password"
      required
      // Generators of passwords read it. No maximum here: browsers would cut a longer one off without a word.
      minLength={password.minLength}
      hint={passwordRule(password)}
      error={error}
    />
  );
}
