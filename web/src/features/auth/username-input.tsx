import { useEffect, useRef, useState } from "react";
import { TextField } from "@/ui/text-field";
import { isUsernameAvailable, TAKEN, usernameErrorFor } from "./username";

interface Props {
  label: string;
  /** The username that the user has already. */
  own?: string | undefined;
  error: string | undefined;
}

/** A field for a new username. Leaving it checks whether the name is available. */
export function UsernameInput({ label, own = "", error }: Props) {
  const [outcome, setOutcome] = useState<{ name: string; error?: string }>();
  const latest = useRef("");

  useEffect(() => () => void (latest.current = ""), []);

  async function check(name: string) {
    latest.current = name;
    setOutcome(undefined);
    if (!name || name.toLowerCase() === own.toLowerCase()) {
      return;
    }
    try {
      const available = await isUsernameAvailable(name);
      // The field may have been left again with another name.
      if (latest.current === name) {
        setOutcome(available ? { name } : { name, error: TAKEN });
      }
    } catch (failure) {
      const problem = usernameErrorFor(failure);
      // Other errors say nothing about the name. The service checks it again when the form is submitted.
      if (problem && latest.current === name) {
        setOutcome({ name, error: problem.text });
      }
    }
  }

  return (
    <div className="flex flex-col gap-1.5">
      <TextField
        label={label}
        name="username"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        defaultValue={own}
        onBlur={(event) => void check(event.target.value.trim())}
        error={error ?? outcome?.error}
      />
      <p role="status" className="text-sm text-good empty:hidden">
        {outcome && !outcome.error && !error && `${outcome.name} is available.`}
      </p>
    </div>
  );
}
