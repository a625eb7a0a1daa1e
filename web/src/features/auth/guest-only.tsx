"use client";

import { useRouter } from "next/navigation";
import { useEffect, type ReactNode } from "react";
import { isRedirecting, useSession } from "./session";
import { setSignedInMark } from "./signed-in-mark";
import { returnPath } from "./return-path";

/** A page for people who are not signed in; the others go on to where they wanted to be. */
export function GuestOnly({ children }: { children: ReactNode }) {
  const router = useRouter();
  const { data } = useSession();
  const signedIn = data !== null;
  useEffect(() => {
    if (signedIn && !isRedirecting()) {
      setSignedInMark();
      router.replace(returnPath(location.search));
    }
  }, [signedIn, router]);
  return children;
}
