import { useEffect, useState, useSyncExternalStore } from "react";
import type { Task } from "@/lib/tasks-api/client";
import { closeToast, showToast } from "@/ui/toasts";
import { PendingDeletes } from "./pending-deletes";

/** How long a deletion can be undone, in milliseconds. Its toast shows as long, and longer under the pointer or the focus. */
export const HOLD = 5_000;

const toastOf = (id: string) => `deleted ${id}`;

/** The deletions that can still be undone, each with its toast. Leaving the page sends them. */
export function usePendingDeletes() {
  "use memo";
  const [deletes] = useState(() => new PendingDeletes<Task>());
  const held = useSyncExternalStore(deletes.subscribe, deletes.all, deletes.all);

  useEffect(() => {
    const leave = () => {
      deletes.all().forEach(({ id }) => closeToast(toastOf(id)));
      void deletes.flush();
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hide = () => {
      clearTimeout(timer);
      // Toasts wait for the window to come back. A phone may end the page before that, without another event.
      timer = document.hidden ? setTimeout(leave, HOLD) : undefined;
    };
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", hide);
    return () => {
      removeEventListener("pagehide", leave);
      document.removeEventListener("visibilitychange", hide);
      clearTimeout(timer);
      leave();
    };
  }, [deletes]);

  /** Undoes a deletion, the last one unless told which, and returns its task. */
  function undo(id?: string): Task | undefined {
    const task = deletes.undo(id);
    if (task) {
      closeToast(toastOf(task.id));
    }
    return task;
  }

  /** Begins to hold a deletion, which `send` makes for good. `onUndo` is called when its toast's button is pressed. */
  function hold(task: Task, send: () => Promise<void>, onUndo: (id: string) => void) {
    deletes.hold(task, send);
    showToast({
      id: toastOf(task.id),
      text: `Deleted “${task.title}”`,
      action: "Undo",
      about: ` deleting ${task.title}`,
      onAction: () => onUndo(task.id),
      milliseconds: HOLD,
      // By its button too, and then there is nothing left to send.
      onClose: () => void deletes.release(task.id),
    });
  }

  return { held, hold, undo, flush: () => deletes.flush() };
}
