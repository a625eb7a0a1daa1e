import { AccountBar } from "@/features/auth/account-bar";
import { Button } from "@/ui/button";
import { useSlow } from "@/ui/use-slow";
import { FilterBar } from "./filter-bar";
import { NO_FILTERS } from "./filters";
import { QuickAdd } from "./quick-add";

/** Placeholder rows of a list that is loading. */
const SKELETON_ROWS = ["first", "second", "third"];

/** The placeholder of a list that is loading. */
export function TaskListSkeleton() {
  const slow = useSlow(true);
  return (
    <div aria-busy="true">
      <p role="status" className={slow ? "pb-3 text-soft" : "sr-only"}>
        {slow ? "Still loading your tasks. Your connection may be slow." : "Loading your tasks…"}
      </p>
      <div aria-hidden="true" className="rounded-2xl border border-line bg-card">
        {SKELETON_ROWS.map((row) => (
          <div key={row} className="flex h-18 items-center border-b border-line px-5 last:border-b-0">
            <span className="h-4 w-2/3 animate-pulse rounded bg-line" />
          </div>
        ))}
      </div>
    </div>
  );
}

const NO_DRAFTS = { next: () => null, type: () => {} };
const NO_FIELD = { current: null };
const nothing = () => {};
const notYet = () => Promise.reject(new Error("nobody is signed in yet"));

/**
 * The frame of the board, in the exported HTML and while the session is loading. Nothing shifts when the board
 * replaces it.
 */
export function BoardShell() {
  return (
    <div data-shell>
      <AccountBar />
      <main className="mx-auto flex max-w-4xl flex-col gap-4 px-4 pt-6 pb-32">
        <div className="flex items-center justify-between gap-4">
          <h1 className="text-2xl font-bold">Tasks</h1>
          <Button variant="quiet" disabled className="max-sm:hidden">
            Shortcuts
          </Button>
        </div>
        <fieldset disabled inert aria-hidden="true" className="contents">
          <QuickAdd input={NO_FIELD} drafts={NO_DRAFTS} onAdd={notYet} />
          <FilterBar filters={NO_FILTERS} search={NO_FIELD} onChange={nothing} />
        </fieldset>
        <TaskListSkeleton />
      </main>
    </div>
  );
}
