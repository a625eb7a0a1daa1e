import { usePathname, useSearchParams } from "next/navigation";
import { useCallback, useMemo } from "react";
import { filtersOf, queryOf, type Filters } from "./filters";

/** The filters, kept in the address. */
export function useFilters(): [Filters, (filters: Filters) => void] {
  const pathname = usePathname();
  const query = useSearchParams();
  const filters = useMemo(() => filtersOf(query), [query]);
  const change = useCallback(
    // The router follows the address by itself; asking it to go there would ask the server for the same page again.
    (next: Filters) => window.history.replaceState(null, "", pathname + queryOf(next)),
    [pathname],
  );
  return [filters, change];
}
