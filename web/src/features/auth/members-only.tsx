"use client";

import { useQueryClient } from "@tanstack/react-query";
import { usePathname, useRouter } from "next/navigation";
import { useEffect, useRef, type ReactNode } from "react";
import { tokenCache } from "@/lib/auth-client";
import { ServiceError, unreachable } from "@/lib/service-error";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { useOnline } from "@/ui/use-online";
import { useCapabilities } from "./capabilities";
import { useEnrolment } from "./second-factor/use-enrolment";
import { errorMessage } from "./messages";
import { isSessionStillActive, useSession, type User } from "./session";
import { hasSignedInMark, setSignedInMark } from "./signed-in-mark";
import { signedOutPath, signInPath } from "./return-path";

interface Props {
  /** Shown while the session is loading. */
  shell: ReactNode;
  /** Shown instead of the page to a user who first has to set up two-factor authentication. */
  enrolment: (user: User) => ReactNode;
  children: (user: User) => ReactNode;
}

/** A page for signed-in users. Others are redirected to sign-in. */
export function MembersOnly({ shell, enrolment, children }: Props) {
  const router = useRouter();
  const queries = useQueryClient();
  const pathname = usePathname();
  const { data, isPending, error, refetch } = useSession();
  const online = useOnline();
  const { phase } = useCapabilities();
  const mustEnrol = useEnrolment(data?.user);
  const wasSignedIn = useRef(false);
  const away = data === null && !isPending && !error;

  useEffect(() => {
    if (data) {
      wasSignedIn.current = true;
      setSignedInMark();
    } else if (away) {
      // Leaves no data behind for the next user of this browser.
      tokenCache.clear();
      queries.clear();
      const expired = hasSignedInMark();
      // After a deliberate sign-out there is no page to return to.
      const left = wasSignedIn.current && !expired;
      const from = pathname + location.search + location.hash;
      router.replace(left ? signedOutPath(isSessionStillActive()) : signInPath(from, expired));
    }
  }, [data, away, router, queries, pathname]);

  // Waits for the capabilities, which load in parallel: sections that depend on them would shift the page later.
  if (data && phase !== "loading" && mustEnrol !== undefined) {
    return mustEnrol ? enrolment(data.user) : children(data.user);
  }
  if (error) {
    return (
      <main className="mx-auto flex max-w-md flex-col items-start gap-4 p-6">
        <h1 className="text-2xl font-bold">This page could not be loaded</h1>
        <Notice kind="error">
          {online ? errorMessage(error instanceof ServiceError ? error : unreachable()) : "You are offline."}
        </Notice>
        <Button variant="main" onClick={() => void refetch()}>
          Try again
        </Button>
      </main>
    );
  }
  // Guests are about to be redirected to sign-in and see no page that they cannot use.
  return away ? <main aria-busy="true" /> : shell;
}
