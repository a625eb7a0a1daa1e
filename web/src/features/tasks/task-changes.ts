import type { MutationOptions, QueryClient } from "@tanstack/react-query";
import { isNotFound, ServiceError } from "@/lib/service-error";
import { notifyTabs } from "@/lib/tabs";
import { callTasks, type NewTask, type Task, type TaskChanges as Body } from "@/lib/tasks-api/client";
import { matchesFilters, type Filters } from "./filters";
import { addTask, changeTask, findTask, removeTask, applyTask, temporaryId, type Pages } from "./lists";
import { listKey, ME } from "./use-tasks";

/** The mutation key of everything that changes a user's tasks. */
export const TASK_MUTATIONS = "task changes";

/** A task that the service has not created yet. */
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

/** The changes to one task that are not answered yet. */
interface Unanswered {
  /** The task as the service last answered it. */
  confirmed: Task;
  /** The bodies of the requests, in the order in which they are sent. */
  bodies: Body[];
}

/**
 * Creates, changes and deletes tasks. Each is shown at once, and replaced by the service's answer; what the service
 * refuses is undone. The requests for one task are sent one after another.
 */
export class TaskChanges {
  readonly #unanswered = new Map<string, Unanswered>();

  constructor(
    private readonly queries: QueryClient,
    private readonly userId: string,
    /** Called when a request failed and may have been carried out all the same. */
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
      onSuccess: (task) => this.#answered(id, task),
      onError: (error) => this.#refused(id, error),
    });
  }

  /** Deletes a task for good. The request outlives the page, so it is sent at once; offline it waits. */
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
      onSuccess: (...answer) => {
        onSuccess?.(...answer);
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

  /** The pages that arrive now would replace what is shown of a change by what was before. */
  async #stopLoading(): Promise<void> {
    await this.queries.cancelQueries({
      queryKey: listKey(this.userId),
      predicate: ({ state }) => state.data !== undefined,
    });
  }

  #settled(): void {
    notifyTabs("tasks-changed");
    // A list that is only now loading may have been read before the change: it is asked for again.
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
    const confirmed = this.#unanswered.get(id)?.confirmed ?? this.#find(id);
    if (!confirmed) {
      return;
    }
    const bodies = [...(this.#unanswered.get(id)?.bodies ?? []), body];
    this.#unanswered.set(id, { confirmed, bodies });
    this.#edit((pages) => changeTask(pages, id, (task) => ({ ...task, ...body })));
  }

  /** The first change that waits was answered. Those behind it are shown on top of the answer. */
  #answered(id: string, task: Task): void {
    const shown = this.#next(id, task) ?? task;
    this.#edit((pages, filters) => applyTask(pages, shown, filters));
  }

  #refused(id: string, error: Error): void {
    const shown = this.#next(id);
    if (isNotFound(error)) {
      this.#edit((pages) => removeTask(pages, id));
    } else if (shown) {
      this.#edit((pages) => changeTask(pages, id, () => shown));
    }
  }

  /** Forgets the first change that waits, and returns the task with the others. */
  #next(id: string, answer?: Task): Task | undefined {
    const waiting = this.#unanswered.get(id);
    if (!waiting) {
      return undefined;
    }
    const confirmed = answer ?? waiting.confirmed;
    const bodies = waiting.bodies.slice(1);
    if (bodies.length === 0) {
      this.#unanswered.delete(id);
    } else {
      this.#unanswered.set(id, { confirmed, bodies });
    }
    return bodies.reduce<Task>((task, body) => ({ ...task, ...body }), confirmed);
  }
}
