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
import { errorMessage } from "./messages";
import { isSessionStillActive, useSession, type User } from "./session";
import { hasSignedInMark, setSignedInMark } from "./signed-in-mark";
import { signedOutPath, signInPath } from "./return-path";

interface Props {
  /** Stands for the page until it is known who is signed in. */
  shell: ReactNode;
  children: (user: User) => ReactNode;
}

/** A page for people who are signed in; the others are sent to the sign-in. */
export function MembersOnly({ shell, children }: Props) {
  const router = useRouter();
  const queries = useQueryClient();
  const pathname = usePathname();
  const { data, isPending, error, refetch } = useSession();
  const online = useOnline();
  const { phase } = useCapabilities();
  const wasSignedIn = useRef(false);
  const away = data === null && !isPending && !error;

  useEffect(() => {
    if (data) {
      wasSignedIn.current = true;
      setSignedInMark();
    } else if (away) {
      // Nothing of theirs stays behind for whoever comes next.
      tokenCache.clear();
      queries.clear();
      const expired = hasSignedInMark();
      // Who signed out on purpose leaves nothing behind to come back to.
      const left = wasSignedIn.current && !expired;
      const from = pathname + location.search + location.hash;
      router.replace(left ? signedOutPath(isSessionStillActive()) : signInPath(from, expired));
    }
  }, [data, away, router, queries, pathname]);

  // Requested beside the session: a part that depends on them would move the page if it came later.
  if (data && phase !== "loading") {
    return children(data.user);
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
  // Guests, who are on their way to the sign-in, are not shown a page that they cannot use.
  return away ? <main aria-busy="true" /> : shell;
}
