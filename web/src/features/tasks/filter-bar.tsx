import { useCallback, useEffect, useState, type RefObject } from "react";
import { filterQuery, MAX_SEARCH_LENGTH, STATUSES, type Filters } from "./filters";
import { PrioritySelect } from "./priority-select";

/** A search starts after this many milliseconds without input. */
const SEARCH_DELAY = 250;

const STATUS_NAMES: Record<Filters["status"], string> = { all: "All", pending: "Open", completed: "Done" };

interface Props {
  filters: Filters;
  search: RefObject<HTMLInputElement | null>;
  onChange: (filters: Filters) => void;
}

/** Search and filters. They are part of the URL, so that a list can be bookmarked and shared. */
export function FilterBar({ filters, search, onChange }: Props) {
  const { shown, setShown, choose } = useShownFilters(filters, onChange);

  useEffect(() => {
    if (shown.search === filters.search) {
      return;
    }
    const timer = setTimeout(() => choose({}), SEARCH_DELAY);
    return () => clearTimeout(timer);
  }, [shown, filters, choose]);

  return (
    <div role="search" aria-label="Tasks" className="flex flex-wrap gap-2">
      <input
        ref={search}
        type="search"
        aria-label="Search tasks"
        placeholder="Search"
        autoComplete="off"
        maxLength={MAX_SEARCH_LENGTH}
        value={shown.search}
        onChange={(event) => setShown({ ...shown, search: event.target.value })}
        className="min-h-11 min-w-0 flex-1 basis-full rounded-lg border border-edge bg-card px-3 placeholder:text-soft sm:basis-0"
      />
      <fieldset className="flex flex-1 rounded-lg border border-edge bg-card p-1 sm:flex-none">
        <legend className="sr-only">Filter by status</legend>
        {STATUSES.map((status) => (
          <label
            key={status}
            className="relative inline-flex min-h-9 flex-1 items-center justify-center rounded-md px-3 font-medium text-soft has-checked:bg-accent has-checked:text-on-accent"
          >
            {/* Covers the whole label, so that the focus outline surrounds the label. */}
            <input
              type="radio"
              name="status"
              value={status}
              checked={shown.status === status}
              onChange={() => choose({ status })}
              className="absolute inset-0 appearance-none rounded-md"
            />
            <span className="pointer-events-none relative">{STATUS_NAMES[status]}</span>
          </label>
        ))}
      </fieldset>
      <PrioritySelect
        label="Filter by priority"
        anyName="Any priority"
        value={shown.priority}
        onChange={(event) => choose({ priority: event.target.value as Filters["priority"] })}
      />
    </div>
  );
}

/**
 * The filters as the user left them. The URL follows a moment later: until it does, its older values neither undo a choice
 * nor remove letters that were typed meanwhile.
 */
function useShownFilters(filters: Filters, onChange: (filters: Filters) => void) {
  const [shown, setShown] = useState(filters);
  const [known, setKnown] = useState(filters);
  const [pending, setPending] = useState<string>();
  if (filters !== known) {
    setKnown(filters);
    if (pending === undefined) {
      // Something else changed the URL, e.g. the back button.
      setShown(filters);
    } else if (pending === filterQuery(filters)) {
      setPending(undefined);
    }
  }
  const choose = useCallback(
    (chosen: Partial<Filters>) => {
      const next = { ...shown, ...chosen };
      const query = filterQuery(next);
      setShown(next);
      setPending(query === filterQuery(filters) ? undefined : query);
      onChange(next);
    },
    [shown, filters, onChange],
  );
  return { shown, setShown, choose };
}
