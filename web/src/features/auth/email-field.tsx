import { TextField } from "@/ui/text-field";
import { rememberedEmail, rememberEmail } from "./typed-email";

interface Props {
  error: string | undefined;
  /** Whether a username is accepted too. */
  orUsername?: boolean;
}

/** The email of an account, which password managers treat as the username. Prefilled with the last typed email. */
export function EmailField({ error, orUsername = false }: Props) {
  return (
    <TextField
      label={orUsername ? "Email or username" : "Email"}
      name="email"
      type={orUsername ? "text" : "email"}
      autoComplete="username"
      inputMode="email"
      autoCapitalize="none"
      spellCheck={false}
      required
      defaultValue={rememberedEmail()}
      onChange={(event) => rememberEmail(orUsername && !event.target.value.includes("@") ? "" : event.target.value)}
      error={error}
    />
  );
}
