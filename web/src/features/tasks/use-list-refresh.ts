import { focusManager, onlineManager, useIsMutating, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useEffectEvent, useRef, useState } from "react";
import { onTabMessage } from "@/lib/tabs";
import type { Filters } from "./filters";
import { refreshPage, type Pages } from "./lists";
import { TASK_MUTATIONS } from "./task-changes";
import { fetchPage, listKey, type ListState } from "./use-tasks";

/** The first and the last task that is shown in the window. */
export interface Shown {
  first: string;
  last: string;
}

/** Whether any page is older than `since`. */
function isStale(pages: Pages, since: number): boolean {
  return pages.pages.some(({ requestedAt }) => requestedAt < since);
}

/** The page to ask for again: the first one, where new tasks appear, or one in the window, if it is older than `since`. */
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
 * Keeps a list up to date with what other devices and tabs do: when the window is looked at again, when the network is
 * back, and when another tab made a change, the pages in the window are asked for again, and no others. Returns how to
 * ask for that, and how to learn which tasks are in the window.
 */
export function useListRefresh(userId: string, filters: Filters, { pages, isFetching, error, retry }: ListState) {
  const queries = useQueryClient();
  const [since, setSince] = useState(0);
  const [shown, setShown] = useState<Shown | null>(null);
  // What is asked for while a change is in flight may be answered with or without it.
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
      // Nothing else of the board has to know of every row that one scrolls by.
      if (isAnyStale) {
        setShown(latest.current);
      }
    },
    [isAnyStale],
  );

  const look = useEffectEvent(() => {
    markStale();
    if (error && !isFetching) {
      retry();
    }
  });
  useEffect(() => {
    const ends = [
      focusManager.subscribe((focused) => focused && look()),
      onlineManager.subscribe((online) => online && look()),
      onTabMessage((news) => news === "tasks-changed" && markStale()),
    ];
    return () => ends.forEach((end) => end());
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
        // Anything that happened to the list meanwhile has stopped this, so these are still its pages.
        if (!stopped.signal.aborted) {
          queries.setQueryData(key, refreshPage(pages, stale, fresh));
        }
      },
      () => {
        // The list stays as it is. The next look at the window tries again.
        if (!stopped.signal.aborted) {
          setSince(0);
        }
      },
    );
    return () => stopped.abort();
  }, [queries, userId, filters, pages, stale]);

  return { markStale, visible };
}
