"use client";

import { useRouter } from "next/navigation";
import { useEffect, type ReactNode } from "react";
import { isRedirecting, useSession } from "./session";
import { setSignedInMark } from "./signed-in-mark";
import { returnPath } from "./return-path";

/** A page for users who are not signed in. Signed-in users are redirected to their destination. */
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
