import { useEffect } from "react";

function confirmLeaving(event: BeforeUnloadEvent) {
  event.preventDefault();
}

/** Makes the browser ask before the page is closed, while `unsaved` is true. */
export function useLeaveConfirmation(unsaved: boolean): void {
  useEffect(() => {
    if (!unsaved) {
      return;
    }
    // Added only when needed: a page with this listener is excluded from the back/forward cache.
    addEventListener("beforeunload", confirmLeaving);
    return () => removeEventListener("beforeunload", confirmLeaving);
  }, [unsaved]);
}
