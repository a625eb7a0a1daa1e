import { useSyncExternalStore } from "react";

const never = () => () => undefined;

/** Whether the page's scripts run. False in the exported HTML, and until React has taken it over. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
