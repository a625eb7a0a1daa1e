import { TextField } from "@/ui/text-field";
import { rememberedEmail, rememberEmail } from "./typed-email";

/** The email of an account, which password managers treat as the username. Prefilled with the last typed email. */
export function EmailField({ error }: { error: string | undefined }) {
  return (
    <TextField
      label="Email"
      name="email"
      type="email"
      autoComplete="username"
      inputMode="email"
      autoCapitalize="none"
      spellCheck={false}
      required
      defaultValue={rememberedEmail()}
      onChange={(event) => rememberEmail(event.target.value)}
      error={error}
    />
  );
}
