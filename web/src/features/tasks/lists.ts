import type { InfiniteData } from "@tanstack/react-query";
import type { Task, TaskList } from "@/lib/tasks-api/client";

/** The pages of a list, as far as they were loaded. */
export type Pages = InfiniteData<TaskList, string | undefined>;

/** Every task of the pages, once: a task made meanwhile moves the others to later pages. */
export function tasksOf(pages: InfiniteData<TaskList, unknown> | undefined): Task[] {
  const all = pages?.pages.flatMap(({ tasks }) => tasks) ?? [];
  return [...new Map(all.map((task) => [task.id, task])).values()];
}

/** Changes one task wherever it stands. */
export function changeTask(pages: Pages, id: string, change: (task: Task) => Task): Pages {
  return {
    ...pages,
    pages: pages.pages.map((page) => ({
      ...page,
      tasks: page.tasks.map((task) => (task.id === id ? change(task) : task)),
    })),
  };
}

/** Removes a task. */
export function removeTask(pages: Pages, id: string): Pages {
  return {
    ...pages,
    pages: pages.pages.map((page) => ({ ...page, tasks: page.tasks.filter((task) => task.id !== id) })),
  };
}

/** Puts a new task on top. */
export function addTask(pages: Pages, added: Task): Pages {
  return {
    ...pages,
    pages: pages.pages.map((page, index) => (index === 0 ? { ...page, tasks: [added, ...page.tasks] } : page)),
  };
}
