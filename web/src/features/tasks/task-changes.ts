import type { MutationOptions, QueryClient } from "@tanstack/react-query";
import { isNotFound, ServiceError } from "@/lib/service-error";
import { notifyTabs } from "@/lib/tabs";
import { callTasks, type NewTask, type Task, type TaskChanges as Body } from "@/lib/tasks-api/client";
import { matchesFilters, type Filters } from "./filters";
import { addTask, changeTask, findTask, removeTask, applyTask, temporaryId, type Pages } from "./lists";
import { listKey, ME } from "./use-tasks";

/** The mutation key of all changes to a user's tasks. */
export const TASK_MUTATIONS = "task changes";

/** Creates a placeholder for a task that the service has not created yet. */
function temporaryTask(userId: string, added: NewTask): Task {
  const now = new Date().toISOString();
  return {
    id: temporaryId(),
    user_id: userId,
    title: added.title,
    description: added.description ?? null,
    is_completed: false,
    priority: added.priority ?? "medium",
    due_date: added.due_date ?? null,
    created_at: now,
    updated_at: now,
  };
}

/** The changes to one task that have no response yet. */
interface Unconfirmed {
  /** The task in the last response. */
  confirmed: Task;
  /** The request bodies, in the order in which they are sent. */
  bodies: Body[];
}

/**
 * Creates, changes and deletes tasks optimistically: each change is shown immediately, replaced by the response, and
 * rolled back on errors. The requests for one task are sent one after another.
 */
export class TaskChanges {
  readonly #unconfirmed = new Map<string, Unconfirmed>();

  constructor(
    private readonly queries: QueryClient,
    private readonly userId: string,
    /** Called when a request failed and may still have been processed. */
    private readonly onUnknown: () => void,
  ) {}

  /** Creates a task. New tasks are sent in the order in which they were added. */
  add(body: NewTask): Promise<Task> {
    const shown = temporaryTask(this.userId, body);
    return this.#run({
      scope: { id: "new tasks" },
      mutationFn: () => callTasks((api) => api.POST("/api/{user_id}/tasks", { params: { path: ME }, body })),
      onMutate: async () => {
        await this.#stopLoading();
        this.#edit((pages, filters) => (matchesFilters(shown, filters) ? addTask(pages, shown) : pages));
      },
      onSuccess: (task) => this.#edit((pages, filters) => applyTask(removeTask(pages, shown.id), task, filters)),
      onError: () => this.#edit((pages) => removeTask(pages, shown.id)),
    });
  }

  /** Changes a task. */
  change(id: string, body: Body): Promise<Task> {
    const path = { ...ME, task_id: id };
    return this.#run({
      scope: { id: `task ${id}` },
      mutationFn: () => callTasks((api) => api.PATCH("/api/{user_id}/tasks/{task_id}", { params: { path }, body })),
      onMutate: async () => {
        await this.#stopLoading();
        this.#expect(id, body);
      },
      onSuccess: (task) => this.#confirmed(id, task),
      onError: (error) => this.#rejected(id, error),
    });
  }

  /** Deletes a task. The request survives the page and is sent immediately; offline it is queued. */
  remove(id: string): Promise<undefined> {
    const path = { ...ME, task_id: id };
    return this.#run({
      mutationFn: () =>
        callTasks<undefined>((api) =>
          api.DELETE("/api/{user_id}/tasks/{task_id}", { params: { path }, keepalive: true }),
        ),
      onSuccess: () => this.#edit((pages) => removeTask(pages, id)),
      onError: (error) => {
        if (isNotFound(error)) {
          this.#edit((pages) => removeTask(pages, id));
        }
      },
    });
  }

  #run<Data>(options: MutationOptions<Data, Error, void>): Promise<Data> {
    const { onSuccess, onError } = options;
    const mutation = this.queries.getMutationCache().build<Data, Error, void, unknown>(this.queries, {
      ...options,
      mutationKey: [TASK_MUTATIONS],
      onSuccess: (...result) => {
        onSuccess?.(...result);
        this.#settled();
      },
      onError: (error, ...rest) => {
        onError?.(error, ...rest);
        this.#settled();
        if (!(error instanceof ServiceError) || error.status === 0 || error.status >= 500) {
          this.onUnknown();
        }
      },
    });
    return mutation.execute();
  }

  /** Cancels page requests in flight: their responses would overwrite the optimistic change with the old state. */
  async #stopLoading(): Promise<void> {
    await this.queries.cancelQueries({
      queryKey: listKey(this.userId),
      predicate: ({ state }) => state.data !== undefined,
    });
  }

  #settled(): void {
    notifyTabs("tasks-changed");
    // A list that is still loading may have been read before the change, so it is requested again.
    void this.queries.resetQueries({
      queryKey: listKey(this.userId),
      predicate: ({ state }) => state.data === undefined,
    });
  }

  #edit(change: (pages: Pages, filters: Filters) => Pages): void {
    for (const [key, pages] of this.queries.getQueriesData<Pages>({ queryKey: listKey(this.userId) })) {
      if (pages) {
        this.queries.setQueryData(key, change(pages, key[2] as Filters));
      }
    }
  }

  #find(id: string): Task | undefined {
    const lists = this.queries.getQueriesData<Pages>({ queryKey: listKey(this.userId) });
    return lists.map(([, pages]) => pages && findTask(pages, id)).find((task) => task !== undefined);
  }

  /** Shows a change that is about to be sent. */
  #expect(id: string, body: Body): void {
    const confirmed = this.#unconfirmed.get(id)?.confirmed ?? this.#find(id);
    if (!confirmed) {
      return;
    }
    const bodies = [...(this.#unconfirmed.get(id)?.bodies ?? []), body];
    this.#unconfirmed.set(id, { confirmed, bodies });
    this.#edit((pages) => changeTask(pages, id, (task) => ({ ...task, ...body })));
  }

  /** Applies the response to the first pending change. Later changes are shown on top of it. */
  #confirmed(id: string, task: Task): void {
    const shown = this.#next(id, task) ?? task;
    this.#edit((pages, filters) => applyTask(pages, shown, filters));
  }

  #rejected(id: string, error: Error): void {
    const shown = this.#next(id);
    if (isNotFound(error)) {
      this.#edit((pages) => removeTask(pages, id));
    } else if (shown) {
      this.#edit((pages) => changeTask(pages, id, () => shown));
    }
  }

  /** Removes the first pending change and returns the task with the remaining ones applied. */
  #next(id: string, response?: Task): Task | undefined {
    const waiting = this.#unconfirmed.get(id);
    if (!waiting) {
      return undefined;
    }
    const confirmed = response ?? waiting.confirmed;
    const bodies = waiting.bodies.slice(1);
    if (bodies.length === 0) {
      this.#unconfirmed.delete(id);
    } else {
      this.#unconfirmed.set(id, { confirmed, bodies });
    }
    return bodies.reduce<Task>((task, body) => ({ ...task, ...body }), confirmed);
  }
}
