"use client";

import { Suspense } from "react";
import { MembersOnly } from "@/features/auth/members-only";
import { BoardShell } from "@/features/tasks/skeleton";
import { TaskBoard } from "@/features/tasks/task-board";
import { enrolment } from "../enrolment";

/** The tasks of the signed-in user. */
export function Dashboard() {
  return (
    <MembersOnly shell={<BoardShell />} enrolment={enrolment}>
      {(user) => (
        // Reading the URL suspends during the static export, when there is none.
        <Suspense fallback={<BoardShell />}>
          <TaskBoard key={user.id} user={user} />
        </Suspense>
      )}
    </MembersOnly>
  );
}
