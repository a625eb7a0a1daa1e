import { useCallback, useSyncExternalStore } from "react";

const CHANGED = "latchkey:switch";

function subscribe(listener: () => void) {
  addEventListener(CHANGED, listener);
  addEventListener("storage", listener);
  return () => {
    removeEventListener(CHANGED, listener);
    removeEventListener("storage", listener);
  };
}

function isOn(key: string): boolean {
  try {
    return localStorage.getItem(key) !== "off";
  } catch {
    return true;
  }
}

/** A flag stored in this browser. It is on unless it was switched off. */
export function useStoredFlag(key: string): [boolean, (on: boolean) => void] {
  const on = useSyncExternalStore(
    subscribe,
    () => isOn(key),
    () => true,
  );
  const set = useCallback(
    (next: boolean) => {
      try {
        localStorage.setItem(key, next ? "on" : "off");
      } catch {
        // Storage may be blocked. The flag then does not change.
      }
      dispatchEvent(new Event(CHANGED));
    },
    [key],
  );
  return [on, set];
}
