import { useSyncExternalStore } from "react";

const PRINT = "print";

function subscribe(listener: () => void) {
  const print = matchMedia(PRINT);
  print.addEventListener("change", listener);
  return () => print.removeEventListener("change", listener);
}

/** Whether the page is being printed: then it shows everything, and not only what is in the window. */
export function usePrinting(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => matchMedia(PRINT).matches,
    () => false,
  );
}
