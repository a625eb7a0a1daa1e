import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { callTasks, type Task } from "@/lib/tasks-api/client";
import type { Filters } from "./filters";
import { allTasks, type Page, type Pages } from "./lists";

/** The path parameter for the caller's own tasks. */
export const ME = { user_id: "me" } as const;

/** The query key of all lists of a user, or of one list. */
export function listKey(userId: string, filters?: Filters) {
  return filters ? ["tasks", userId, filters] : ["tasks", userId];
}

/** Tasks per page after the first: the service's maximum. The first page is smaller, so that it loads faster. */
const LATER_PAGES = 100;

/** Fetches the page of a list that starts at a cursor. */
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

/** The state of a list. Its members are plain values, so that components rerender when they change. */
export interface ListState {
  /** The pages for the current filters; undefined while pages for other filters are shown. */
  pages: Pages | undefined;
  /** The tasks to show. */
  tasks: Task[];
  /** Whether there is nothing to show yet. */
  isLoading: boolean;
  isFetching: boolean;
  /** The error of the last request. */
  error: Error | null;
  /** Whether the failed request was for the next page. */
  isMoreMissing: boolean;
  hasMore: boolean;
  isLoadingMore: boolean;
  /** Loads the next page, unless a request is in flight or the last one failed. */
  loadMore: () => void;
  /** Repeats the request that failed. */
  retry: () => void;
}

/** Loads the list for some filters, page by page. */
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
    // A refetch would request all loaded pages one after another. `useListRefresh` requests only the visible ones.
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    // Shows the previous list while another one is loading, so that the page does not jump.
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
