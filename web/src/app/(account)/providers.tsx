"use client";

import { QueryClient, QueryClientProvider, useIsMutating, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { useSession } from "@/features/auth/session";
import { hasSignedInMark } from "@/features/auth/signed-in-mark";
import { draftsFor, leaveDrafts } from "@/features/tasks/drafts";
import { refreshSession, tokenCache } from "@/lib/auth-client";
import { isTimeout, ServiceError } from "@/lib/service-error";
import { onTabMessage } from "@/lib/tabs";
import { useServiceWorker } from "@/offline/use-worker";
import { useLeaveConfirmation } from "@/ui/use-leave-confirmation";

/** How often to try again what no service answered. */
const MAX_RETRIES = 2;

/** Whether trying again may help: not where a service has decided, nor where somebody has waited long enough. */
function retry(failures: number, error: Error): boolean {
  return (
    failures < MAX_RETRIES &&
    error instanceof ServiceError &&
    !isTimeout(error) &&
    (error.status === 0 || error.status >= 500)
  );
}

/** Does here what other tabs did. */
function TabSync() {
  const queries = useQueryClient();
  useEffect(
    () =>
      onTabMessage((news) => {
        if (news === "tasks-changed") {
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

/** Says whose drafts are kept, whichever page is open: a sign-out and another user end them, an ended session does not. */
function DraftSync() {
  const { data, isPending, error } = useSession();
  const userId = data?.user.id;
  const away = !userId && !isPending && !error;
  useEffect(() => {
    if (userId) {
      draftsFor(userId);
    } else if (away) {
      leaveDrafts(!hasSignedInMark());
    }
  }, [userId, away]);
  return null;
}

/** Changes that wait for the network, or are on their way, are lost with the page: whichever of the pages is open. */
function LeaveGuard() {
  useLeaveConfirmation(useIsMutating() > 0);
  return null;
}

/** Has the page open without a network too, from now on. */
function ServiceWorkerRegistration() {
  useServiceWorker();
  return null;
}

/** What the pages that speak to the services share. */
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
