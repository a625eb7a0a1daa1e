import { useState } from "react";
import { Button } from "./button";

interface Props {
  text: string;
  /** What is copied, for screen readers. */
  about: string;
}

/** A button that copies a text. */
export function CopyButton({ text, about }: Props) {
  const [outcome, setOutcome] = useState("");

  async function copy() {
    setOutcome("");
    try {
      await navigator.clipboard.writeText(text);
      setOutcome("Copied.");
    } catch {
      // Browsers have no clipboard on pages without TLS, and may ask the user.
      setOutcome("Copying failed. Select the text and copy it.");
    }
  }

  return (
    <>
      <Button onClick={() => void copy()}>
        Copy<span className="sr-only"> {about}</span>
      </Button>
      <span role="status" className="text-sm text-soft empty:hidden">
        {outcome}
      </span>
    </>
  );
}
