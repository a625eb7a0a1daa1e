"use client";

import { useRouter } from "next/navigation";
import { useEffect, type ReactNode } from "react";
import { isLeaving, useSession } from "./session";
import { setMark } from "./signed-in-mark";
import { wayBack } from "./way-back";

/** A page for people who are not signed in; the others go on to where they wanted to be. */
export function GuestOnly({ children }: { children: ReactNode }) {
  const router = useRouter();
  const { data } = useSession();
  const signedIn = data !== null;
  useEffect(() => {
    if (signedIn && !isLeaving()) {
      setMark();
      router.replace(wayBack(location.search));
    }
  }, [signedIn, router]);
  return children;
}
