import { useEffect, useState, useSyncExternalStore } from "react";
import type { Task } from "@/lib/tasks-api/client";
import { HeldDeletes } from "./held-deletes";

/** The deletions that can still be undone; leaving the page sends them. */
export function useHeldDeletes() {
  const [deletes] = useState(() => new HeldDeletes<Task>());
  const held = useSyncExternalStore(deletes.subscribe, deletes.all, deletes.all);
  useEffect(() => {
    const leave = () => void deletes.flush();
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("pagehide", leave);
      leave();
    };
  }, [deletes]);
  return { deletes, held };
}
