import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { errorMessage } from "@/features/auth/messages";
import { isNotFound, isTimeout } from "@/lib/service-error";
import type { NewTask, Task, TaskChanges as Body } from "@/lib/tasks-api/client";
import { SessionEndedError } from "@/lib/token-cache";
import { showFailure } from "@/ui/toasts";
import { useLeaveConfirmation } from "@/ui/use-leave-confirmation";
import { draftsFor } from "./drafts";
import { dueOn } from "./due";
import { TaskChanges } from "./task-changes";
import { changesToSend, taskToForm, hasChanges, type Edit, type TaskForm } from "./task-form";
import type { TaskActions } from "./task-row";
import { usePendingDeletes } from "./use-pending-deletes";

/** Shows an error and its reason. Without a session the page redirects to sign-in, which explains why. */
function report(what: string, error: unknown) {
  if (!(error instanceof SessionEndedError)) {
    // A change that timed out may have been processed.
    const outcome = isTimeout(error) ? what.replace(" was not ", " may not have been ") : what;
    showFailure(`${outcome} ${isNotFound(error) ? "It was deleted elsewhere." : errorMessage(error)}`);
  }
}

/** Returns the new task that a form describes. */
function newTask({ title, description, priority, due }: TaskForm): NewTask {
  return { title: title.trim(), description: description || null, priority, due_date: dueOn(due) };
}

/** The question to ask before unsaved changes are discarded. */
export interface DiscardPrompt {
  /** The title of the task with unsaved changes. */
  unsaved?: string;
  /** The title of the new task that was not added. */
  notAdded?: string;
  onAnswer: (discard: boolean) => void;
}

interface Options {
  userId: string;
  online: boolean;
  /** Called when tasks may have changed without a response. */
  onUnknown: () => void;
  /** Called with the id of a task to focus. */
  onFocus: (id: string) => void;
}

/** The actions on the user's tasks. Errors are shown and the input is kept. */
export function useTaskActions({ userId, online, onUnknown, onFocus }: Options) {
  "use memo";
  const queries = useQueryClient();
  const changes = useMemo(() => new TaskChanges(queries, userId, onUnknown), [queries, userId, onUnknown]);
  const deletes = usePendingDeletes();
  const [drafts] = useState(() => draftsFor(userId));
  const [edited, setEdited] = useState(() => drafts.editing());
  const [discarding, setDiscarding] = useState<DiscardPrompt | null>(null);
  // Closing the page sends pending deletions, unless the browser is offline.
  useLeaveConfirmation(!online && deletes.pending.length > 0);

  async function add(task: NewTask) {
    try {
      await drafts.adding(task, changes.add(task));
    } catch (error) {
      report(`“${task.title}” was not added.`, error);
      throw error;
    }
  }

  function change(task: Task, body: Body) {
    changes.change(task.id, body).catch((error: unknown) => report(`“${task.title}” was not changed.`, error));
  }

  function edit(task: Task | null) {
    if (edited && hasChanges(edited) && edited.task.id !== task?.id) {
      const open = () => setEdited(drafts.edit(task));
      setDiscarding({ unsaved: edited.task.title, onAnswer: (discard) => discard && open() });
    } else {
      setEdited(drafts.edit(task));
    }
  }

  function type(typed: Partial<TaskForm>) {
    setEdited(drafts.typeInto(typed));
  }

  /** Closes the editor and saves its changes. A task that was deleted in the meantime is added again. */
  function save(from: Edit, typed: Partial<TaskForm>, task: Task | null) {
    setEdited(drafts.edit(null));
    if (task === null) {
      add(newTask({ ...taskToForm(from.task), ...typed })).catch(() => {});
      return;
    }
    const body = changesToSend(typed, task);
    if (Object.keys(body).length === 0) {
      return;
    }
    drafts.changing({ task, typed }, changes.change(task.id, body)).catch((error: unknown) => {
      report(`“${task.title}” was not changed.`, error);
      setEdited(drafts.editing());
    });
  }

  function remove(task: Task) {
    const send = () =>
      changes.remove(task.id).then(
        () => {},
        (error: unknown) => (isNotFound(error) ? undefined : report(`“${task.title}” was not deleted.`, error)),
      );
    deletes.add(task, send, undo);
  }

  function undo(id?: string) {
    const task = deletes.undo(id);
    if (task) {
      onFocus(task.id);
    }
  }

  /** Sends pending deletions before a sign-out. Returns false if the user keeps unsaved changes. */
  async function beforeLeaving(): Promise<boolean> {
    const typed =
      edited && hasChanges(edited)
        ? { unsaved: edited.task.title }
        : drafts.next() && { notAdded: drafts.next()?.title ?? "" };
    if (typed && !(await new Promise<boolean>((answer) => setDiscarding({ ...typed, onAnswer: answer })))) {
      return false;
    }
    // Offline they would wait for the network. The sign-out must not wait with them; it reports its own error.
    if (online) {
      await deletes.flush();
    }
    return true;
  }

  return {
    add,
    actions: { change, remove, edit, save, type } satisfies TaskActions,
    drafts,
    edited,
    pendingDeletes: deletes.pending,
    undo,
    beforeLeaving,
    /** The question that is being asked, if any. */
    discarding,
    answer: (discard: boolean) => {
      setDiscarding(null);
      discarding?.onAnswer(discard);
    },
  };
}
