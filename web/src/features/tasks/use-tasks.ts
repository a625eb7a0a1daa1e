import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { callTasks, type Task } from "@/lib/tasks-api/client";
import type { Filters } from "./filters";
import { allTasks, type Page, type Pages } from "./lists";

/** The caller's own tasks, in every path. */
export const ME = { user_id: "me" } as const;

/** The key of all lists of a user, or of one. */
export function listKey(userId: string, filters?: Filters) {
  return filters ? ["tasks", userId, filters] : ["tasks", userId];
}

/** Tasks on each page after the first, the most that the service lists. The first is shorter, since people wait for it. */
const LATER_PAGES = 100;

/** Fetches the page of a list that begins at a cursor. */
export async function fetchPage(filters: Filters, cursor: string | undefined, signal: AbortSignal): Promise<Page> {
  const requestedAt = Date.now();
  const query = {
    status: filters.status,
    ...(filters.priority === "any" ? {} : { priority: filters.priority }),
    ...(filters.search ? { search: filters.search } : {}),
    ...(cursor ? { cursor, limit: LATER_PAGES } : {}),
  };
  const list = await callTasks((api) => api.GET("/api/{user_id}/tasks", { params: { path: ME, query }, signal }));
  return { ...list, requestedAt };
}

/** A list in each of its states. Its members are values: whoever reads one follows its changes. */
export interface ListState {
  /** The pages of these filters; undefined while those of other filters are shown. */
  pages: Pages | undefined;
  /** The tasks to show. */
  tasks: Task[];
  /** Nothing can be shown yet. */
  isLoading: boolean;
  isFetching: boolean;
  /** Why the last request failed. */
  error: Error | null;
  /** That request was for the next page. */
  isMoreMissing: boolean;
  hasMore: boolean;
  isLoadingMore: boolean;
  /** Loads the next page, unless a request is in flight or the last one failed. */
  loadMore: () => void;
  /** Repeats the request that failed. */
  retry: () => void;
}

/** The list for some filters, page by page. */
export function useTasks(userId: string, filters: Filters): ListState {
  "use memo";
  const {
    data,
    error,
    isPending,
    isFetching,
    hasNextPage,
    isFetchingNextPage,
    isFetchNextPageError,
    isPlaceholderData,
    fetchNextPage,
    refetch,
  } = useInfiniteQuery<Page, Error, Pages, readonly unknown[], string | undefined>({
    queryKey: listKey(userId, filters),
    initialPageParam: undefined,
    queryFn: ({ pageParam, signal }) => fetchPage(filters, pageParam, signal),
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
    // A refetch would callTasks for all loaded pages, one after another. `useListRefresh` asks for those that are shown.
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    // While another list is loading the last one stays, so that the page does not jump.
    placeholderData: keepPreviousData,
  });
  return {
    pages: isPlaceholderData ? undefined : data,
    tasks: allTasks(data),
    isLoading: isPending,
    isFetching,
    error,
    isMoreMissing: isFetchNextPageError,
    hasMore: hasNextPage,
    isLoadingMore: isFetchingNextPage,
    loadMore: () => {
      if (hasNextPage && !isFetching && !error) {
        void fetchNextPage();
      }
    },
    retry: () => void (isFetchNextPageError ? fetchNextPage() : refetch()),
  };
}
