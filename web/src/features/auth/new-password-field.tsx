import { TextField } from "@/ui/text-field";
import { PASSWORD_RULE } from "./messages";

interface Props {
  label: string;
  error: string | undefined;
}

/** A password that somebody makes up: password managers offer one here. */
export function NewPasswordField({ label, error }: Props) {
  return (
    <TextField
      label={label}
      name="password"
      type="password"
      autoComplete="new-password"
      required
      hint={PASSWORD_RULE}
      error={error}
    />
  );
}
