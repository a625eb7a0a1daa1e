import { plainMessage } from "@/features/auth/messages";
import type { Task } from "@/lib/tasks-api/client";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { useSlow } from "@/ui/use-slow";
import { NO_FILTERS, queryOf, type Filters } from "./filters";
import { TaskList } from "./task-list";
import type { TaskActions } from "./task-row";
import type { Edit } from "./task-form";
import type { ListState } from "./use-tasks";

interface Props {
  actions: TaskActions;
  list: ListState;
  /** The tasks of the list that are shown: those whose deletion is held back are not. */
  tasks: Task[];
  edited: Edit | null;
  onShown: (first: string, last: string) => void;
  wanted: string | null;
  onFocused: () => void;
  filters: Filters;
  setFilters: (filters: Filters) => void;
}

/** So many grey rows stand for a list that is loading. */
const GREY_ROWS = ["first", "second", "third"];

function Loading() {
  const slow = useSlow(true);
  return (
    <div aria-busy="true">
      <p role="status" className={slow ? "pb-3 text-soft" : "sr-only"}>
        {slow ? "Still loading your tasks: the network is slow." : "Loading your tasks…"}
      </p>
      <div aria-hidden="true" className="rounded-2xl border border-line bg-card">
        {GREY_ROWS.map((row) => (
          <div key={row} className="flex h-18 items-center border-b border-line px-5 last:border-b-0">
            <span className="h-4 w-2/3 animate-pulse rounded bg-line" />
          </div>
        ))}
      </div>
    </div>
  );
}

function Empty({ filters, setFilters }: Pick<Props, "filters" | "setFilters">) {
  const filtered = queryOf(filters) !== "";
  return (
    <div className="flex flex-col items-center gap-4 rounded-2xl border border-dashed border-edge px-6 py-14 text-center">
      <p role="status" className="text-lg font-medium">
        {filtered ? "No task matches" : "Nothing to do"}
      </p>
      {filtered ? (
        <Button onClick={() => setFilters(NO_FILTERS)}>Show all tasks</Button>
      ) : (
        <p className="text-soft">Write down the first task above and press Enter.</p>
      )}
    </div>
  );
}

function Failure({ list }: Pick<Props, "list">) {
  return (
    <Notice kind="error">
      <span className="flex flex-wrap items-center justify-between gap-3">
        {plainMessage(list.error)}
        <Button onClick={list.retry} busy={list.isFetching}>
          Try again
        </Button>
      </span>
    </Notice>
  );
}

/** The list in every state that it can be in. */
export function TaskView({ list, tasks, filters, setFilters, ...rest }: Props) {
  "use memo";
  if (list.isLoading && !list.error) {
    return <Loading />;
  }
  const isThere = !list.isLoading;
  return (
    <>
      {list.error && !list.isMoreMissing && <Failure list={list} />}
      {isThere && tasks.length === 0 && !list.hasMore && <Empty filters={filters} setFilters={setFilters} />}
      {isThere && (tasks.length > 0 || list.hasMore) && (
        <TaskList
          tasks={tasks}
          hasMore={list.hasMore}
          loadingMore={list.isLoadingMore}
          loadMore={list.loadMore}
          failure={list.isMoreMissing && <Failure list={list} />}
          {...rest}
        />
      )}
    </>
  );
}
