import { TextField } from "@/ui/text-field";
import { rememberedEmail, rememberEmail } from "./typed-email";

/** The email that somebody signs in with: password managers know it as the username. The next form starts with it. */
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
