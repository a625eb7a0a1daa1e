import { useState } from "react";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { formErrorFor } from "../messages";
import { factorErrorFor, lostBy, sendCode, type Lost } from "./verify";

interface Props {
  onSent: () => void;
  /** Called when the sign-in has to start over. */
  onLost: (why: Lost) => void;
}

/** Sends the first code by email, when the user asks for it: a reload of the page must not send another one. */
export function SendCode({ onSent, onLost }: Props) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");

  async function send() {
    setBusy(true);
    setFailure("");
    try {
      await sendCode();
      onSent();
    } catch (error) {
      const lost = lostBy(error);
      if (lost) {
        onLost(lost);
        return;
      }
      setFailure((factorErrorFor(error) ?? formErrorFor(error)).text);
      setBusy(false);
    }
  }

  return (
    <>
      {failure && <Notice kind="error">{failure}</Notice>}
      <p>We will send a code to the email of your account.</p>
      <Button variant="main" busy={busy} onClick={() => void send()} className="min-h-11">
        {busy ? "One moment…" : "Send code"}
      </Button>
    </>
  );
}
