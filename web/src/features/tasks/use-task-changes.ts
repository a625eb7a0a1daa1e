import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ask, type NewTask, type Task, type TaskChanges } from "@/lib/tasks-api/client";
import { tellTabs } from "@/lib/tabs";
import { matches, type Filters } from "./filters";
import { addTask, changeTask, removeTask, tasksOf, type Pages } from "./lists";
import { listKey, MINE } from "./use-tasks";

/** Begins the id of a task that the service has not named yet. */
const UNNAMED = "new-";

/** Whether the service knows the task already. */
export function isNamed(task: Task): boolean {
  return !task.id.startsWith(UNNAMED);
}

function unnamed(userId: string, added: NewTask): Task {
  const now = new Date().toISOString();
  return {
    id: UNNAMED + crypto.getRandomValues(new Uint32Array(2)).join("-"),
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

const CHANGES = "task changes";
const DELETIONS = "task deletions";

/** Makes and changes tasks: the page shows it at once, and takes it back when the service refuses. */
export function useTaskChanges(userId: string) {
  const queries = useQueryClient();

  function edit(change: (pages: Pages, filters: Filters) => Pages) {
    for (const [key, pages] of queries.getQueriesData<Pages>({ queryKey: listKey(userId) })) {
      if (pages) {
        queries.setQueryData(key, change(pages, key[2] as Filters));
      }
    }
  }

  async function settled() {
    tellTabs("tasks-changed");
    // An answer of now would undo on the page what is still on its way.
    if (queries.isMutating({ mutationKey: [CHANGES] }) === 1) {
      await queries.invalidateQueries({ queryKey: listKey(userId) });
    }
  }

  const shared = {
    mutationKey: [CHANGES],
    // One after another, as they were made.
    scope: { id: CHANGES },
    onSettled: () => void settled(),
  };

  const add = useMutation({
    ...shared,
    mutationFn: (body: NewTask) => ask((api) => api.POST("/api/{user_id}/tasks", { params: { path: MINE }, body })),
    onMutate: async (body) => {
      await queries.cancelQueries({ queryKey: listKey(userId) });
      const task = unnamed(userId, body);
      edit((pages, filters) => (matches(task, filters) ? addTask(pages, task) : pages));
      return task.id;
    },
    onSuccess: (task, _, id) => edit((pages) => changeTask(pages, id, () => task)),
    onError: (_error, _body, id) => edit((pages) => (id ? removeTask(pages, id) : pages)),
  });

  const change = useMutation({
    ...shared,
    mutationFn: ({ id, body }: { id: string; body: TaskChanges }) =>
      ask((api) => api.PATCH("/api/{user_id}/tasks/{task_id}", { params: { path: { ...MINE, task_id: id } }, body })),
    onMutate: async ({ id, body }) => {
      await queries.cancelQueries({ queryKey: listKey(userId) });
      const lists = queries.getQueriesData<Pages>({ queryKey: listKey(userId) });
      const before = lists.flatMap(([, pages]) => tasksOf(pages)).find((task) => task.id === id);
      edit((pages) => changeTask(pages, id, (task) => ({ ...task, ...body })));
      return before;
    },
    onError: (_error, { id, body }, before) => {
      if (before) {
        // Only what this change touched: others may have come after it.
        const back = Object.fromEntries(Object.keys(body).map((key) => [key, before[key as keyof TaskChanges]]));
        edit((pages) => changeTask(pages, id, (task) => ({ ...task, ...back })));
      }
    },
  });

  // For good, even while the page is being left: so it is sent at once, not after the others. Offline it waits as they do.
  const remove = useMutation({
    mutationKey: [DELETIONS],
    mutationFn: (id: string) =>
      ask((api) =>
        api.DELETE("/api/{user_id}/tasks/{task_id}", { params: { path: { ...MINE, task_id: id } }, keepalive: true }),
      ),
    onSuccess: (_answer, id) => {
      edit((pages) => removeTask(pages, id));
      tellTabs("tasks-changed");
    },
  });

  return { add: add.mutateAsync, change: change.mutateAsync, remove: remove.mutateAsync };
}
