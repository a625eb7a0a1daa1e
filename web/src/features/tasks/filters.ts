import type { Priority, Task } from "@/lib/tasks-api/client";

/** Which tasks are shown. */
export interface Filters {
  status: "all" | "pending" | "completed";
  priority: Priority | "any";
  search: string;
}

export const STATUSES: readonly Filters["status"][] = ["all", "pending", "completed"];
export const PRIORITIES: readonly Priority[] = ["low", "medium", "high"];

/** Everything. */
export const NO_FILTERS: Filters = { status: "all", priority: "any", search: "" };

/** The longest text the service searches for. */
export const MAX_SEARCH_LENGTH = 100;

/** The filters that an address asks for; what it says wrongly counts for nothing. */
export function parseFilters(query: URLSearchParams): Filters {
  return {
    status: STATUSES.find((status) => status === query.get("status")) ?? "all",
    priority: PRIORITIES.find((priority) => priority === query.get("priority")) ?? "any",
    search: (query.get("search") ?? "").slice(0, MAX_SEARCH_LENGTH),
  };
}

/** The address's query for these filters, without what goes without saying. */
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

/** Whether a new task belongs into a list. */
export function matchesFilters(task: Task, { status, priority, search }: Filters): boolean {
  const text = `${task.title}\n${task.description ?? ""}`.toLowerCase();
  return (
    (status === "all" || task.is_completed === (status === "completed")) &&
    (priority === "any" || task.priority === priority) &&
    text.includes(search.toLowerCase())
  );
}
