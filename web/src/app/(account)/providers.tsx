"use client";

import { QueryClient, QueryClientProvider, useIsMutating, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { useSession } from "@/features/auth/session";
import { isMarked } from "@/features/auth/signed-in-mark";
import { draftsOf, leaveDrafts } from "@/features/tasks/drafts";
import { lookAtSession, tokenKeeper } from "@/lib/auth-client";
import { isTimeout, ServiceError } from "@/lib/service-error";
import { onNews } from "@/lib/tabs";
import { useWorker } from "@/offline/use-worker";
import { useAskBeforeLeaving } from "@/ui/use-ask-before-leaving";

/** How often to try again what no service answered. */
const MOST_RETRIES = 2;

/** Whether trying again may help: not where a service has decided, nor where somebody has waited long enough. */
function retry(failures: number, error: Error): boolean {
  return (
    failures < MOST_RETRIES &&
    error instanceof ServiceError &&
    !isTimeout(error) &&
    (error.status === 0 || error.status >= 500)
  );
}

/** Does here what other tabs did. */
function TabWatch() {
  const queries = useQueryClient();
  useEffect(
    () =>
      onNews((news) => {
        if (news === "tasks-changed") {
          void queries.invalidateQueries();
          return;
        }
        tokenKeeper.forget();
        lookAtSession();
      }),
    [queries],
  );
  return null;
}

/** Says whose drafts are kept, whichever page is open: a sign-out and another user end them, an ended session does not. */
function DraftWatch() {
  const { data, isPending, error } = useSession();
  const userId = data?.user.id;
  const away = !userId && !isPending && !error;
  useEffect(() => {
    if (userId) {
      draftsOf(userId);
    } else if (away) {
      leaveDrafts(!isMarked());
    }
  }, [userId, away]);
  return null;
}

/** Changes that wait for the network, or are on their way, are lost with the page: whichever of the pages is open. */
function LeaveWatch() {
  useAskBeforeLeaving(useIsMutating() > 0);
  return null;
}

/** Has the page open without a network too, from now on. */
function OfflineWatch() {
  useWorker();
  return null;
}

/** What the pages that speak to the services share. */
export function Providers({ children }: { children: ReactNode }) {
  const [queries] = useState(() => new QueryClient({ defaultOptions: { queries: { retry } } }));
  return (
    <QueryClientProvider client={queries}>
      <TabWatch />
      <DraftWatch />
      <LeaveWatch />
      <OfflineWatch />
      {children}
    </QueryClientProvider>
  );
}
