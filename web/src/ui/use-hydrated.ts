import { useSyncExternalStore } from "react";

const never = () => () => undefined;

/** Whether React has hydrated the page. False in the exported HTML. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
