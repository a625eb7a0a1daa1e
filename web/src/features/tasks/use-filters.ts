import { usePathname, useSearchParams } from "next/navigation";
import { useCallback, useMemo } from "react";
import { parseFilters, filterQuery, type Filters } from "./filters";

/** The filters, stored in the URL. */
export function useFilters(): [Filters, (filters: Filters) => void] {
  const pathname = usePathname();
  const query = useSearchParams();
  const filters = useMemo(() => parseFilters(query), [query]);
  const change = useCallback(
    (next: Filters) => {
      const address = pathname + filterQuery(next);
      // The back button undoes each choice, and a search as a whole rather than letter by letter.
      const isTyping = next.search !== filters.search && next.search !== "" && filters.search !== "";
      // The router follows history changes. Navigating with it would request the same page from the server again.
      window.history[isTyping ? "replaceState" : "pushState"](null, "", address);
    },
    [pathname, filters.search],
  );
  return [filters, change];
}
