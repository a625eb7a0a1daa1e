import { useSyncExternalStore } from "react";

const PRINT = "print";

function subscribe(listener: () => void) {
  const print = matchMedia(PRINT);
  print.addEventListener("change", listener);
  return () => print.removeEventListener("change", listener);
}

/** Whether the page is being printed, so that it renders everything and not only the visible part. */
export function usePrinting(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => matchMedia(PRINT).matches,
    () => false,
  );
}
