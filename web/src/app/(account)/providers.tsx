"use client";

import { QueryClient, QueryClientProvider, useIsMutating, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { useSession } from "@/features/auth/session";
import { hasSignedInMark } from "@/features/auth/signed-in-mark";
import { draftsFor, endDrafts } from "@/features/tasks/drafts";
import { refreshSession, tokenCache } from "@/lib/auth-client";
import { isTimeout, ServiceError } from "@/lib/service-error";
import { onTabMessage } from "@/lib/tabs";
import { useServiceWorker } from "@/offline/use-worker";
import { useLeaveConfirmation } from "@/ui/use-leave-confirmation";

/** Maximum retries of a request that got no response. */
const MAX_RETRIES = 2;

/** Whether to retry a failed query. Responses below 500 and timeouts are not retried. */
function retry(failures: number, error: Error): boolean {
  return (
    failures < MAX_RETRIES &&
    error instanceof ServiceError &&
    !isTimeout(error) &&
    (error.status === 0 || error.status >= 500)
  );
}

/** Applies changes made in other tabs. */
function TabSync() {
  const queries = useQueryClient();
  useEffect(
    () =>
      onTabMessage((message) => {
        if (message === "tasks-changed") {
          void queries.invalidateQueries();
          return;
        }
        tokenCache.clear();
        refreshSession();
      }),
    [queries],
  );
  return null;
}

/** Keeps drafts for the current user. A sign-out or a different user deletes them; an expired session does not. */
function DraftSync() {
  const { data, isPending, error } = useSession();
  const userId = data?.user.id;
  const away = !userId && !isPending && !error;
  useEffect(() => {
    if (userId) {
      draftsFor(userId);
    } else if (away) {
      endDrafts(!hasSignedInMark());
    }
  }, [userId, away]);
  return null;
}

/** Asks before the page is closed while changes are queued or in flight: closing would lose them. */
function LeaveGuard() {
  useLeaveConfirmation(useIsMutating() > 0);
  return null;
}

/** Registers the service worker, so that the page opens offline. */
function ServiceWorkerRegistration() {
  useServiceWorker();
  return null;
}

/** Providers and background tasks shared by the pages that call the services. */
export function Providers({ children }: { children: ReactNode }) {
  const [queries] = useState(() => new QueryClient({ defaultOptions: { queries: { retry } } }));
  return (
    <QueryClientProvider client={queries}>
      <TabSync />
      <DraftSync />
      <LeaveGuard />
      <ServiceWorkerRegistration />
      {children}
    </QueryClientProvider>
  );
}
