import { useState } from "react";
import { ServiceError } from "@/lib/service-error";
import { useCountdown } from "@/ui/use-countdown";
import { formErrorFor } from "./messages";

/** Between two mails, in seconds: mail takes a while, and the service sends a mailbox only a few an hour. */
export const RESEND_WAIT = 30;

/** Sends a mail on request, with a wait between two. `sent`: whether one has just been sent, and the wait is on. */
export function useResend(send: () => Promise<void>, sent: boolean) {
  const [left, wait] = useCountdown(sent ? RESEND_WAIT : 0);
  const [busy, setBusy] = useState(false);
  const [again, setAgain] = useState(false);
  const [failure, setFailure] = useState("");

  async function resend() {
    setBusy(true);
    setFailure("");
    setAgain(false);
    try {
      await send();
      setAgain(true);
      wait(RESEND_WAIT);
    } catch (error) {
      setFailure(formErrorFor(error).text);
      if (error instanceof ServiceError && error.retryAfter) {
        wait(error.retryAfter);
      }
    } finally {
      setBusy(false);
    }
  }

  return {
    resend,
    busy,
    /** Seconds until the next one may be sent. */
    left,
    /** Whether one was sent from here. */
    again,
    failure,
  };
}
