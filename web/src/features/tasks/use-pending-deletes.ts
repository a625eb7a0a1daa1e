import { useEffect, useState, useSyncExternalStore } from "react";
import type { Task } from "@/lib/tasks-api/client";
import { closeToast, showToast } from "@/ui/toasts";
import { PendingDeletes } from "./pending-deletes";

/** How long a deletion can be undone, in milliseconds. Its toast stays longer with hover or focus. */
export const UNDO_WINDOW = 5_000;

const toastOf = (id: string) => `deleted ${id}`;

/** The deletions that can still be undone, each with a toast. Closing the page sends them. */
export function usePendingDeletes() {
  "use memo";
  const [deletes] = useState(() => new PendingDeletes<Task>());
  const pending = useSyncExternalStore(deletes.subscribe, deletes.all, deletes.all);

  useEffect(() => {
    const flush = () => {
      deletes.all().forEach(({ id }) => closeToast(toastOf(id)));
      void deletes.flush();
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hide = () => {
      clearTimeout(timer);
      // Toasts pause while the page is hidden. A phone may end a hidden page without another event.
      timer = document.hidden ? setTimeout(flush, UNDO_WINDOW) : undefined;
    };
    addEventListener("pagehide", flush);
    document.addEventListener("visibilitychange", hide);
    return () => {
      removeEventListener("pagehide", flush);
      document.removeEventListener("visibilitychange", hide);
      clearTimeout(timer);
      flush();
    };
  }, [deletes]);

  /** Undoes the last deletion, or the one with this id, and returns its task. */
  function undo(id?: string): Task | undefined {
    const task = deletes.undo(id);
    if (task) {
      closeToast(toastOf(task.id));
    }
    return task;
  }

  /** Adds a deletion that `send` sends. `onUndo` is called when the toast's button is pressed. */
  function add(task: Task, send: () => Promise<void>, onUndo: (id: string) => void) {
    deletes.add(task, send);
    showToast({
      id: toastOf(task.id),
      text: `Deleted “${task.title}”`,
      action: "Undo",
      about: ` deleting ${task.title}`,
      onAction: () => onUndo(task.id),
      milliseconds: UNDO_WINDOW,
      // Also called after an undo. Then there is nothing left to send.
      onClose: () => void deletes.release(task.id),
    });
  }

  return { pending, add, undo, flush: () => deletes.flush() };
}
