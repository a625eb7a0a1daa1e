"use client";

import { useRef, useState } from "react";
import { AccountBar } from "@/features/auth/account-bar";
import { plainMessage } from "@/features/auth/messages";
import type { User } from "@/features/auth/session";
import { SessionGone } from "@/lib/token-keeper";
import type { NewTask, Priority, Task, TaskChanges } from "@/lib/tasks-api/client";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { useAskBeforeLeaving } from "@/ui/use-ask-before-leaving";
import { useOnline } from "@/ui/use-online";
import { draftsOf } from "./drafts";
import { FilterBar } from "./filter-bar";
import { tasksOf } from "./lists";
import { QuickAdd } from "./quick-add";
import { ShortcutsDialog } from "./shortcuts-dialog";
import { TaskView } from "./task-view";
import { UndoBar } from "./undo-bar";
import { useFilters } from "./use-filters";
import { useHeldDeletes } from "./use-held-deletes";
import { focusedTask, moveFocus, useShortcuts, type Shortcut } from "./use-shortcuts";
import { useSwitch } from "./use-switch";
import { isNamed, useTaskChanges } from "./use-task-changes";
import { useTasks } from "./use-tasks";

const PRIORITY_KEYS: Partial<Record<Shortcut, Priority>> = { "1": "high", "2": "medium", "3": "low" };

/** Somebody's tasks, and everything that can be done with them. */
export function TaskBoard({ user }: { user: User }) {
  const [filters, setFilters] = useFilters();
  const list = useTasks(user.id, filters);
  const changes = useTaskChanges(user.id);
  const [drafts] = useState(() => draftsOf(user.id));
  const [editing, setEditing] = useState(() => drafts.editing());
  const [failure, setFailure] = useState("");
  const [shortcutsOn, switchShortcuts] = useSwitch("latchkey.shortcuts");
  const online = useOnline();
  const newTask = useRef<HTMLInputElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const help = useRef<HTMLDialogElement>(null);

  function tell(what: string, error: unknown) {
    // Without a session the page goes to the sign-in, which says why.
    if (!(error instanceof SessionGone)) {
      setFailure(`${what} ${plainMessage(error)}`);
    }
  }

  const { deletes, held } = useHeldDeletes();
  // Leaving the page sends them, unless there is no network.
  useAskBeforeLeaving(!online && held.length > 0);
  const shown = tasksOf(list.data).filter(({ id }) => !held.some((one) => one.id === id));

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

  const actions = { change, remove, edit, save, drafts };

  function pressOnTask(key: Shortcut, task: Task) {
    const priority = PRIORITY_KEYS[key];
    if (priority) {
      change(task, { priority });
    } else if (key === "x") {
      change(task, { is_completed: !task.is_completed });
    } else if (key === "e") {
      edit(task);
    } else if (key === "d") {
      remove(task);
    }
  }

  useShortcuts(shortcutsOn, (key) => {
    const task = shown.find(({ id }) => id === focusedTask());
    if (key === "n") {
      newTask.current?.focus();
    } else if (key === "/") {
      search.current?.focus();
    } else if (key === "?") {
      help.current?.showModal();
    } else if (key === "u") {
      deletes.undo();
    } else if (key === "j" || key === "k") {
      moveFocus(key === "j" ? 1 : -1);
    } else if (task && isNamed(task)) {
      pressOnTask(key, task);
    }
  });

  return (
    <>
      <AccountBar user={user} beforeLeaving={sendDeletions} />
      <main className="mx-auto flex max-w-4xl flex-col gap-4 px-4 pt-6 pb-32">
        <div className="flex items-center justify-between gap-4">
          <h1 className="text-2xl font-bold">Tasks</h1>
          <Button look="quiet" onClick={() => help.current?.showModal()} className="max-sm:hidden">
            Shortcuts
          </Button>
        </div>
        <QuickAdd input={newTask} drafts={drafts} onAdd={add} />
        <FilterBar filters={filters} search={search} onChange={setFilters} />
        {!online && (
          <Notice kind="info">You are offline. Changes are sent when the network is back; keep this page open.</Notice>
        )}
        <TaskView list={list} tasks={shown} editing={editing} filters={filters} setFilters={setFilters} {...actions} />
      </main>
      <UndoBar held={held} failure={failure} onUndo={(id) => deletes.undo(id)} onDismiss={() => setFailure("")} />
      <ShortcutsDialog dialog={help} on={shortcutsOn} onSwitch={switchShortcuts} />
    </>
  );
}
