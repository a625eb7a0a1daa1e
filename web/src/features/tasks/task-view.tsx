import { errorMessage } from "@/features/auth/messages";
import type { Task } from "@/lib/tasks-api/client";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { NO_FILTERS, filterQuery, type Filters } from "./filters";
import { TaskListSkeleton } from "./skeleton";
import { TaskList } from "./task-list";
import type { TaskActions } from "./task-row";
import type { Edit } from "./task-form";
import type { ListState } from "./use-tasks";

interface Props {
  actions: TaskActions;
  list: ListState;
  /** The tasks to show, without those whose deletion is pending. */
  tasks: Task[];
  edited: Edit | null;
  onShown: (first: string, last: string) => void;
  wanted: string | null;
  onFocused: () => void;
  filters: Filters;
  setFilters: (filters: Filters) => void;
}

function Empty({ filters, setFilters }: Pick<Props, "filters" | "setFilters">) {
  const filtered = filterQuery(filters) !== "";
  return (
    <div className="flex flex-col items-center gap-4 rounded-2xl border border-dashed border-edge px-6 py-14 text-center">
      <p role="status" className="text-lg font-medium">
        {filtered ? "No matching tasks" : "Nothing to do"}
      </p>
      {filtered ? (
        <Button onClick={() => setFilters(NO_FILTERS)}>Show all tasks</Button>
      ) : (
        <p className="text-soft">Type your first task above and press Enter.</p>
      )}
    </div>
  );
}

function Failure({ list }: Pick<Props, "list">) {
  return (
    <Notice kind="error">
      <span className="flex flex-wrap items-center justify-between gap-3">
        {errorMessage(list.error)}
        <Button onClick={list.retry} busy={list.isFetching}>
          Try again
        </Button>
      </span>
    </Notice>
  );
}

/** Renders the list in each of its states: loading, failed, empty and filled. */
export function TaskView({ list, tasks, filters, setFilters, ...rest }: Props) {
  "use memo";
  if (list.isLoading && !list.error) {
    return <TaskListSkeleton />;
  }
  const isLoaded = !list.isLoading;
  return (
    <>
      {list.error && !list.isMoreMissing && <Failure list={list} />}
      {isLoaded && tasks.length === 0 && !list.hasMore && <Empty filters={filters} setFilters={setFilters} />}
      {isLoaded && (tasks.length > 0 || list.hasMore) && (
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
