import { usePathname, useSearchParams } from "next/navigation";
import { useCallback, useMemo } from "react";
import { parseFilters, filterQuery, type Filters } from "./filters";

/** The filters, kept in the address. */
export function useFilters(): [Filters, (filters: Filters) => void] {
  const pathname = usePathname();
  const query = useSearchParams();
  const filters = useMemo(() => parseFilters(query), [query]);
  const change = useCallback(
    (next: Filters) => {
      const address = pathname + filterQuery(next);
      // Each choice can be undone by going back; of a search, the whole and not every letter.
      const isTyping = next.search !== filters.search && next.search !== "" && filters.search !== "";
      // The router follows the address by itself; asking it to go there would ask the server for the same page again.
      window.history[isTyping ? "replaceState" : "pushState"](null, "", address);
    },
    [pathname, filters.search],
  );
  return [filters, change];
}
