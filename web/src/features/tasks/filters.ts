import type { Priority, Task } from "@/lib/tasks-api/client";

/** Selects the tasks to show. */
export interface Filters {
  status: "all" | "pending" | "completed";
  priority: Priority | "any";
  search: string;
}

export const STATUSES: readonly Filters["status"][] = ["all", "pending", "completed"];
export const PRIORITIES: readonly Priority[] = ["low", "medium", "high"];

/** Shows all tasks. */
export const NO_FILTERS: Filters = { status: "all", priority: "any", search: "" };

/** Maximum length of a search text that the service accepts. */
export const MAX_SEARCH_LENGTH = 100;

/** Parses the filters in a URL's query. Invalid values are ignored. */
export function parseFilters(query: URLSearchParams): Filters {
  return {
    status: STATUSES.find((status) => status === query.get("status")) ?? "all",
    priority: PRIORITIES.find((priority) => priority === query.get("priority")) ?? "any",
    search: (query.get("search") ?? "").slice(0, MAX_SEARCH_LENGTH),
  };
}

/** Returns the URL query for these filters, without defaults. */
export function filterQuery(filters: Filters): string {
  const query = new URLSearchParams();
  if (filters.status !== "all") {
    query.set("status", filters.status);
  }
  if (filters.priority !== "any") {
    query.set("priority", filters.priority);
  }
  if (filters.search) {
    query.set("search", filters.search);
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** Whether a task matches the filters of a list. */
export function matchesFilters(task: Task, { status, priority, search }: Filters): boolean {
  const text = `${task.title}\n${task.description ?? ""}`.toLowerCase();
  return (
    (status === "all" || task.is_completed === (status === "completed")) &&
    (priority === "any" || task.priority === priority) &&
    text.includes(search.toLowerCase())
  );
}
