import { useEffect, useState, type RefObject } from "react";
import { MAX_SEARCH_LENGTH, STATUSES, type Filters } from "./filters";
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
  const [text, setText] = useState(filters.search);
  const [known, setKnown] = useState(filters.search);
  if (filters.search !== known) {
    // The URL changed, e.g. because the filters were cleared.
    setKnown(filters.search);
    setText(filters.search);
  }

  useEffect(() => {
    if (text === filters.search) {
      return;
    }
    const timer = setTimeout(() => onChange({ ...filters, search: text }), SEARCH_DELAY);
    return () => clearTimeout(timer);
  }, [text, filters, onChange]);

  return (
    <div role="search" aria-label="Tasks" className="flex flex-wrap gap-2">
      <input
        ref={search}
        type="search"
        aria-label="Search tasks"
        placeholder="Search"
        autoComplete="off"
        maxLength={MAX_SEARCH_LENGTH}
        value={text}
        onChange={(event) => setText(event.target.value)}
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
              checked={filters.status === status}
              onChange={() => onChange({ ...filters, search: text, status })}
              className="absolute inset-0 appearance-none rounded-md"
            />
            <span className="pointer-events-none relative">{STATUS_NAMES[status]}</span>
          </label>
        ))}
      </fieldset>
      <PrioritySelect
        label="Filter by priority"
        anyName="Any priority"
        value={filters.priority}
        onChange={(event) =>
          onChange({ ...filters, search: text, priority: event.target.value as Filters["priority"] })
        }
      />
    </div>
  );
}
