import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { plainMessage } from "@/features/auth/messages";
import { isGone, isTimeout } from "@/lib/service-error";
import type { NewTask, Task, TaskChanges as Body } from "@/lib/tasks-api/client";
import { SessionGone } from "@/lib/token-keeper";
import { showFailure } from "@/ui/toasts";
import { useAskBeforeLeaving } from "@/ui/use-ask-before-leaving";
import { draftsOf } from "./drafts";
import { dueOn } from "./due";
import { TaskChanges } from "./task-changes";
import { changesOf, formOf, isTyped, type Edit, type TaskForm } from "./task-form";
import type { TaskActions } from "./task-row";
import { useHeldDeletes } from "./use-held-deletes";

/** Shows what did not work, and why. Without a session the page goes to the sign-in, which says why. */
function report(what: string, error: unknown) {
  if (!(error instanceof SessionGone)) {
    // A change that timed out may have been made all the same.
    const outcome = isTimeout(error) ? what.replace(" was not ", " may not have been ") : what;
    showFailure(`${outcome} ${isGone(error) ? "It was deleted elsewhere." : plainMessage(error)}`);
  }
}

/** The new task that a form describes. */
function newTask({ title, description, priority, due }: TaskForm): NewTask {
  return { title: title.trim(), description: description || null, priority, due_date: dueOn(due) };
}

/** What is asked before something that was typed is lost. */
export interface Discarding {
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
  const deletes = useHeldDeletes();
  const [drafts] = useState(() => draftsOf(userId));
  const [edited, setEdited] = useState(() => drafts.editing());
  const [discarding, setDiscarding] = useState<Discarding | null>(null);
  // Leaving the page sends them, unless there is no network.
  useAskBeforeLeaving(!online && deletes.held.length > 0);

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
    if (edited && isTyped(edited) && edited.task.id !== task?.id) {
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
      add(newTask({ ...formOf(from.task), ...typed })).catch(() => {});
      return;
    }
    const body = changesOf(typed, task);
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
        (error: unknown) => (isGone(error) ? undefined : report(`“${task.title}” was not deleted.`, error)),
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
      edited && isTyped(edited)
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
