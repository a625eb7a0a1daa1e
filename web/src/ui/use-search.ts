import { useSyncExternalStore } from "react";

const never = () => () => {};

/** The query string of the page's URL. Empty in the exported HTML. */
export function useSearch(): string {
  return useSyncExternalStore(
    never,
    () => location.search,
    () => "",
  );
}
