import { useEffect, useRef, useState } from "react";
import { TextField } from "@/ui/text-field";
import { useCapabilities } from "./capabilities";
import { isUsernameAvailable, TAKEN, usernameErrorFor, usernameRule } from "./username";

const AVAILABLE = "This username is available";

interface Props {
  label: string;
  /** The username that the user has already. */
  own?: string | undefined;
  error: string | undefined;
}

/** A field for a new username. Leaving it checks whether the name is available. */
export function UsernameInput({ label, own = "", error }: Props) {
  const [outcome, setOutcome] = useState<{ error?: string }>();
  const latest = useRef("");
  const rule = usernameRule(useCapabilities());

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
        setOutcome(available ? {} : { error: TAKEN });
      }
    } catch (failure) {
      const problem = usernameErrorFor(failure);
      // Other errors say nothing about the name. The service checks it again when the form is submitted.
      if (problem && latest.current === name) {
        setOutcome({ error: problem.text });
      }
    }
  }

  const shown = error ?? outcome?.error;
  const available = outcome && !shown ? AVAILABLE : "";
  return (
    <>
      <TextField
        label={label}
        name="username"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        defaultValue={own}
        onBlur={(event) => void check(event.target.value.trim())}
        // One line in any case: a button that moved away during a click would not be clicked.
        hint={shown ? undefined : available || rule}
        error={shown}
      />
      <p role="status" className="sr-only">
        {available}
      </p>
    </>
  );
}
