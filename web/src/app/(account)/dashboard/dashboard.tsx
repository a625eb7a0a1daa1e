"use client";

import { Suspense } from "react";
import { MembersOnly } from "@/features/auth/members-only";
import { BoardShell } from "@/features/tasks/skeleton";
import { TaskBoard } from "@/features/tasks/task-board";

/** The tasks of who is signed in. */
export function Dashboard() {
  return (
    <MembersOnly shell={<BoardShell />}>
      {(user) => (
        // Reading the address suspends while the page is exported, when there is none.
        <Suspense fallback={<BoardShell />}>
          <TaskBoard key={user.id} user={user} />
        </Suspense>
      )}
    </MembersOnly>
  );
}
