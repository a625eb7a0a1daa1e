import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { ask } from "@/lib/tasks-api/client";
import type { Filters } from "./filters";

/** The caller's own tasks, in every path. */
export const MINE = { user_id: "me" } as const;

/** The key of all lists of a user, or of one. */
export function listKey(userId: string, filters?: Filters) {
  return filters ? ["tasks", userId, filters] : ["tasks", userId];
}

/** The list for some filters, page by page. */
export function useTasks(userId: string, filters: Filters) {
  return useInfiniteQuery({
    queryKey: listKey(userId, filters),
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      ask((api) =>
        api.GET("/api/{user_id}/tasks", {
          params: {
            path: MINE,
            query: {
              status: filters.status,
              ...(filters.priority === "any" ? {} : { priority: filters.priority }),
              ...(filters.search ? { search: filters.search } : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
          signal,
        }),
      ),
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
    // While another list is loading the last one stays, so that the page does not jump.
    placeholderData: keepPreviousData,
  });
}
