import { useState } from "react";
import { plainMessage } from "@/features/auth/messages";
import type { NewTask, Task, TaskChanges } from "@/lib/tasks-api/client";
import { SessionGone } from "@/lib/token-keeper";
import { useAskBeforeLeaving } from "@/ui/use-ask-before-leaving";
import { draftsOf } from "./drafts";
import { useHeldDeletes } from "./use-held-deletes";
import { useTaskChanges } from "./use-task-changes";

/** What can be done to somebody's tasks, and what is said when it did not work. */
export function useTaskActions(userId: string, online: boolean) {
  const changes = useTaskChanges(userId);
  const { deletes, held } = useHeldDeletes();
  const [drafts] = useState(() => draftsOf(userId));
  const [editing, setEditing] = useState(() => drafts.editing());
  const [failure, setFailure] = useState("");
  // Leaving the page sends them, unless there is no network.
  useAskBeforeLeaving(!online && held.length > 0);

  function tell(what: string, error: unknown) {
    // Without a session the page goes to the sign-in, which says why.
    if (!(error instanceof SessionGone)) {
      setFailure(`${what} ${plainMessage(error)}`);
    }
  }

  async function add(task: NewTask) {
    setFailure("");
    try {
      await drafts.adding(task, changes.add(task));
    } catch (error) {
      tell(`“${task.title}” was not added.`, error);
      throw error;
    }
  }

  function change(task: Task, body: TaskChanges) {
    setFailure("");
    changes.change({ id: task.id, body }).catch((error: unknown) => tell(`“${task.title}” was not changed.`, error));
  }

  function edit(task: Task | null) {
    setEditing(drafts.edit(task?.id ?? null));
  }

  function save(task: Task, body: TaskChanges) {
    edit(null);
    if (Object.keys(body).length === 0) {
      return;
    }
    setFailure("");
    drafts.changing(task.id, body, changes.change({ id: task.id, body })).catch((error: unknown) => {
      tell(`“${task.title}” was not changed.`, error);
      setEditing(drafts.editing());
    });
  }

  function remove(task: Task) {
    deletes.hold(task, () =>
      changes.remove(task.id).catch((error: unknown) => tell(`“${task.title}” was not deleted.`, error)),
    );
  }

  async function sendDeletions() {
    // Offline they wait for the network: the sign-out, which says then that it cannot work, must not wait with them.
    if (online) {
      await deletes.flush();
    }
  }

  return {
    add,
    actions: { change, remove, edit, save, drafts },
    editing,
    held,
    undo: (id?: string) => deletes.undo(id),
    sendDeletions,
    failure,
    dismiss: () => setFailure(""),
  };
}
