import { TextField } from "@/ui/text-field";

interface Props {
  label: string;
  hint?: string | undefined;
  error: string | undefined;
  /** Whether the code consists of digits. Phones then show digit keys and offer the code of a message. */
  numeric?: boolean;
}

/** A field for a code. It accepts codes with spaces, so it has no maximum length. */
export function CodeField({ label, hint, error, numeric = true }: Props) {
  return (
    <TextField
      label={label}
      name="code"
      inputMode={numeric ? "numeric" : "text"}
      autoComplete={numeric ? "one-time-code" : "off"}
      autoCapitalize="none"
      spellCheck={false}
      required
      hint={hint}
      error={error}
    />
  );
}
