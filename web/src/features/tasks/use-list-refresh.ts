import { focusManager, onlineManager, useIsMutating, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useEffectEvent, useRef, useState } from "react";
import { onTabMessage } from "@/lib/tabs";
import type { Filters } from "./filters";
import { refreshPage, type Pages } from "./lists";
import { TASK_MUTATIONS } from "./task-changes";
import { fetchPage, listKey, type ListState } from "./use-tasks";

/** The first and the last visible task. */
export interface Shown {
  first: string;
  last: string;
}

/** Whether any page is older than `since`. */
function isStale(pages: Pages, since: number): boolean {
  return pages.pages.some(({ requestedAt }) => requestedAt < since);
}

/**
 * Returns the index of a page to refresh: the first one, where new tasks appear, or a visible one, if older than
 * `since`.
 */
function stalePage(pages: Pages, shown: Shown | null, since: number): number {
  if (!isStale(pages, since)) {
    return -1;
  }
  const pageOf = (id: string | undefined) => pages.pages.findIndex(({ tasks }) => tasks.some((task) => task.id === id));
  const first = pageOf(shown?.first);
  const last = Math.max(first, pageOf(shown?.last));
  return pages.pages.findIndex(
    ({ requestedAt }, index) => requestedAt < since && (index === 0 || (first <= index && index <= last)),
  );
}

/**
 * Keeps a list up to date with other devices and tabs. Refreshes only the visible pages: when the window gets the
 * focus, when the browser is back online, and when another tab made a change. Returns functions to request a refresh
 * and to report the visible tasks.
 */
export function useListRefresh(userId: string, filters: Filters, { pages, isFetching, error, retry }: ListState) {
  const queries = useQueryClient();
  const [since, setSince] = useState(0);
  const [shown, setShown] = useState<Shown | null>(null);
  // A response to a request sent while a change is in flight may or may not include that change.
  const isChanging = useIsMutating({ mutationKey: [TASK_MUTATIONS] }) > 0;
  const latest = useRef<Shown | null>(null);
  const markStale = useCallback(() => {
    setSince(Date.now());
    setShown(latest.current);
  }, []);
  const isAnyStale = pages !== undefined && isStale(pages, since);
  const visible = useCallback(
    (first: string, last: string) => {
      latest.current = { first, last };
      // Avoids rerendering the board for every row that scrolls by.
      if (isAnyStale) {
        setShown(latest.current);
      }
    },
    [isAnyStale],
  );

  const refresh = useEffectEvent(() => {
    markStale();
    if (error && !isFetching) {
      retry();
    }
  });
  useEffect(() => {
    const unsubscribe = [
      focusManager.subscribe((focused) => focused && refresh()),
      onlineManager.subscribe((online) => online && refresh()),
      onTabMessage((message) => message === "tasks-changed" && markStale()),
    ];
    return () => unsubscribe.forEach((stop) => stop());
  }, [markStale]);

  const isReady = pages && !isFetching && !error && !isChanging;
  const stale = isReady ? stalePage(pages, shown, since) : -1;
  useEffect(() => {
    if (stale === -1 || !pages || !focusManager.isFocused()) {
      return;
    }
    const key = listKey(userId, filters);
    const stopped = new AbortController();
    fetchPage(filters, pages.pageParams[stale], stopped.signal).then(
      (fresh) => {
        // Any change to the list aborts this request, so these are still its pages.
        if (!stopped.signal.aborted) {
          queries.setQueryData(key, refreshPage(pages, stale, fresh));
        }
      },
      () => {
        // The list stays as it is. The next focus of the window tries again.
        if (!stopped.signal.aborted) {
          setSince(0);
        }
      },
    );
    return () => stopped.abort();
  }, [queries, userId, filters, pages, stale]);

  return { markStale, visible };
}
