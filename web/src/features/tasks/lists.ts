import type { InfiniteData } from "@tanstack/react-query";
import type { Task, TaskList } from "@/lib/tasks-api/client";
import { matchesFilters, type Filters } from "./filters";

/** A page of a list and the time of its request, in milliseconds since the epoch. */
export type Page = TaskList & { requestedAt: number };

/** The loaded pages of a list. The service lists tasks by id, newest first. */
export type Pages = InfiniteData<Page, string | undefined>;

/** The prefix of temporary ids. They are greater than every id of the service, so they come first in a list. */
const TEMPORARY = "new-";

/** Creates an id for a task that the service has not created yet. */
export function temporaryId(): string {
  return TEMPORARY + crypto.getRandomValues(new Uint32Array(2)).join("-");
}

/** Whether the service has created the task. */
export function isSaved(task: Task): boolean {
  return !task.id.startsWith(TEMPORARY);
}

/** Returns all tasks of the pages. No task is in two pages. */
export function allTasks(pages: Pages | undefined): Task[] {
  return pages?.pages.flatMap(({ tasks }) => tasks) ?? [];
}

/** Returns the task with this id, if it is loaded. */
export function findTask(pages: Pages, id: string): Task | undefined {
  for (const { tasks } of pages.pages) {
    const found = tasks.find((task) => task.id === id);
    if (found) {
      return found;
    }
  }
  return undefined;
}

/** Changes the tasks of each page. A page whose tasks stay the same array stays the same object. */
function mapTasks(pages: Pages, change: (tasks: Task[], index: number) => Task[]): Pages {
  return {
    ...pages,
    pages: pages.pages.map((page, index) => {
      const tasks = change(page.tasks, index);
      return tasks === page.tasks ? page : { ...page, tasks };
    }),
  };
}

/** Changes one task. */
export function changeTask(pages: Pages, id: string, change: (task: Task) => Task): Pages {
  return mapTasks(pages, (tasks) =>
    tasks.some((task) => task.id === id) ? tasks.map((task) => (task.id === id ? change(task) : task)) : tasks,
  );
}

/** Removes a task. */
export function removeTask(pages: Pages, id: string): Pages {
  return mapTasks(pages, (tasks) =>
    tasks.some((task) => task.id === id) ? tasks.filter((task) => task.id !== id) : tasks,
  );
}

/** Adds a new task at the top. */
export function addTask(pages: Pages, added: Task): Pages {
  return mapTasks(pages, (tasks, index) => (index === 0 ? [added, ...tasks] : tasks));
}

/** Inserts a task in the order of ids, if the list is loaded that far. */
function insertTask(pages: Pages, inserted: Task): Pages {
  const isAfter = (task: Task) => isSaved(task) && task.id < inserted.id;
  const at = pages.pages.findIndex(({ tasks, next_cursor }) => tasks.some(isAfter) || next_cursor === null);
  return mapTasks(pages, (tasks, index) => {
    if (index !== at) {
      return tasks;
    }
    const before = tasks.findIndex(isAfter);
    return before === -1 ? [...tasks, inserted] : tasks.toSpliced(before, 0, inserted);
  });
}

/** Applies a task from a response to a list: replaces, inserts or removes it, depending on the list's filters. */
export function applyTask(pages: Pages, task: Task, filters: Filters): Pages {
  if (!matchesFilters(task, filters)) {
    return removeTask(pages, task.id);
  }
  return findTask(pages, task.id) ? changeTask(pages, task.id, () => task) : insertTask(pages, task);
}

/** Whether none of the loaded tasks is in the fresh first page, so that tasks between them may be missing. */
function hasGap(pages: Pages, first: Page): boolean {
  const fresh = new Set(first.tasks.map(({ id }) => id));
  return first.next_cursor !== null && !allTasks(pages).some(({ id }) => fresh.has(id));
}

/**
 * Replaces one page with a fresh response. The response may end earlier than the page, if tasks were added above, or
 * later, if some were deleted. It replaces the tasks that it covers, in every page, and keeps those below.
 */
export function refreshPage(pages: Pages, index: number, fresh: Page): Pages {
  if (index === 0 && hasGap(pages, fresh)) {
    // There may be a gap between the response and the loaded tasks.
    return { pages: [fresh], pageParams: [undefined] };
  }
  const before = pages.pages.slice(0, index);
  if (fresh.next_cursor === null) {
    return { pages: [...before, fresh], pageParams: pages.pageParams.slice(0, index + 1) };
  }
  const end = fresh.tasks.at(-1)?.id ?? "";
  const below = (tasks: Task[]) => tasks.filter((task) => isSaved(task) && task.id < end);
  const page = pages.pages[index];
  const kept = below(page?.tasks ?? []);
  const later = pages.pages.slice(index + 1).map((one) => ({ ...one, tasks: below(one.tasks) }));
  const params = pages.pageParams.slice();
  // The next page starts where this one ends.
  const next_cursor = kept.length > 0 && page ? page.next_cursor : fresh.next_cursor;
  if (later.length > 0) {
    params[index + 1] = next_cursor ?? undefined;
  }
  return {
    pages: [...before, { ...fresh, tasks: [...fresh.tasks, ...kept], next_cursor }, ...later],
    pageParams: params,
  };
}
