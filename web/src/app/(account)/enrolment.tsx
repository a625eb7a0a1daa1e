"use client";

import dynamic from "next/dynamic";
import type { User } from "@/features/auth/session";

/** Loaded for users who have to set up a second factor. */
const Enrolment = dynamic(() => import("@/features/account/two-factor/enrolment"), {
  ssr: false,
  loading: () => <main aria-busy="true" />,
});

/** Replaces the pages of a user who first has to set up two-factor authentication. */
export function enrolment(user: User) {
  return <Enrolment key={user.id} user={user} />;
}
