import { useEffect } from "react";

function ask(event: BeforeUnloadEvent) {
  event.preventDefault();
}

/** Has the browser ask whether to leave the page, while something would be lost. */
export function useLeaveConfirmation(waiting: boolean): void {
  useEffect(() => {
    if (!waiting) {
      return;
    }
    // Not before it is needed: a page that listens is not kept for the way back.
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [waiting]);
}
