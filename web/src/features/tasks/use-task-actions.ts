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

/** Shows what did not work, and why. Without a session the page goes to the sign-in, which says why. */
function report(what: string, error: unknown) {
  if (!(error instanceof SessionEndedError)) {
    // A change that timed out may have been made all the same.
    const outcome = isTimeout(error) ? what.replace(" was not ", " may not have been ") : what;
    showFailure(`${outcome} ${isNotFound(error) ? "It was deleted elsewhere." : errorMessage(error)}`);
  }
}

/** The new task that a form describes. */
function newTask({ title, description, priority, due }: TaskForm): NewTask {
  return { title: title.trim(), description: description || null, priority, due_date: dueOn(due) };
}

/** What is asked before something that was typed is lost. */
export interface DiscardPrompt {
  /** The title of the task that was changed. */
  unsaved?: string;
  /** The title of the new task that was typed. */
  notAdded?: string;
  onAnswer: (discard: boolean) => void;
}

interface Options {
  userId: string;
  online: boolean;
  /** Called when tasks may have changed without an answer that says how. */
  onUnknown: () => void;
  /** Called when a task is to have the focus. */
  onFocus: (id: string) => void;
}

/** What can be done to somebody's tasks. What does not work is shown, and what was typed for it is kept. */
export function useTaskActions({ userId, online, onUnknown, onFocus }: Options) {
  "use memo";
  const queries = useQueryClient();
  const changes = useMemo(() => new TaskChanges(queries, userId, onUnknown), [queries, userId, onUnknown]);
  const deletes = usePendingDeletes();
  const [drafts] = useState(() => draftsFor(userId));
  const [edited, setEdited] = useState(() => drafts.editing());
  const [discarding, setDiscarding] = useState<DiscardPrompt | null>(null);
  // Leaving the page sends them, unless there is no network.
  useLeaveConfirmation(!online && deletes.held.length > 0);

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

  /** Closes the editor and sends its changes; a task that was deleted meanwhile is added again. */
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
    deletes.hold(task, send, undo);
  }

  function undo(id?: string) {
    const task = deletes.undo(id);
    if (task) {
      onFocus(task.id);
    }
  }

  /** Whether to sign out: not if something that was typed is to be kept. Deletions are sent before. */
  async function beforeLeaving(): Promise<boolean> {
    const typed =
      edited && hasChanges(edited)
        ? { unsaved: edited.task.title }
        : drafts.next() && { notAdded: drafts.next()?.title ?? "" };
    if (typed && !(await new Promise<boolean>((answer) => setDiscarding({ ...typed, onAnswer: answer })))) {
      return false;
    }
    // Offline they wait for the network: the sign-out, which says then that it cannot work, must not wait with them.
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
    held: deletes.held,
    undo,
    beforeLeaving,
    /** What would be discarded, while that is asked. */
    discarding,
    answer: (discard: boolean) => {
      setDiscarding(null);
      discarding?.onAnswer(discard);
    },
  };
}
