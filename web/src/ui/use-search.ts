import { useSyncExternalStore } from "react";

const never = () => () => {};

/** The query the page was opened with. It is empty in the exported file, which knows of none. */
export function useSearch(): string {
  return useSyncExternalStore(
    never,
    () => location.search,
    () => "",
  );
}
