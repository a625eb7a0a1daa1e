import { useState } from "react";
import { ServiceError } from "@/lib/service-error";
import { useCountdown } from "@/ui/use-countdown";
import { formErrorFor } from "./messages";

/** Seconds between two emails: delivery takes a while, and the service limits the emails per mailbox and hour. */
export const RESEND_WAIT = 30;

/** Sends an email on request, with a delay between two. `sent`: an email was just sent, so the delay has started. */
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
    /** Seconds until the next email may be sent. */
    left,
    /** Whether an email was sent by this hook. */
    again,
    failure,
  };
}
