"use client";

import { useRef } from "react";
import { AccountBar } from "@/features/auth/account-bar";
import type { User } from "@/features/auth/session";
import type { Priority, Task } from "@/lib/tasks-api/client";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { useOnline } from "@/ui/use-online";
import { FilterBar } from "./filter-bar";
import { tasksOf } from "./lists";
import { QuickAdd } from "./quick-add";
import { ShortcutsDialog } from "./shortcuts-dialog";
import type { TaskActions } from "./task-row";
import { TaskView } from "./task-view";
import { UndoBar } from "./undo-bar";
import { useFilters } from "./use-filters";
import { focusedTask, moveFocus, useShortcuts, type Shortcut } from "./use-shortcuts";
import { useSwitch } from "./use-switch";
import { useTaskActions } from "./use-task-actions";
import { isNamed } from "./use-task-changes";
import { useTasks } from "./use-tasks";

const PRIORITY_KEYS: Partial<Record<Shortcut, Priority>> = { "1": "high", "2": "medium", "3": "low" };

/** Does what a key means for the task that has the focus. */
function pressOnTask(key: Shortcut, task: Task, { change, edit, remove }: TaskActions) {
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

/** Somebody's tasks, and everything that can be done with them. */
export function TaskBoard({ user }: { user: User }) {
  const [filters, setFilters] = useFilters();
  const list = useTasks(user.id, filters);
  const online = useOnline();
  const { add, actions, editing, held, undo, sendDeletions, failure, dismiss } = useTaskActions(user.id, online);
  const [shortcutsOn, switchShortcuts] = useSwitch("latchkey.shortcuts");
  const newTask = useRef<HTMLInputElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const help = useRef<HTMLDialogElement>(null);
  const shown = tasksOf(list.data).filter(({ id }) => !held.some((one) => one.id === id));

  useShortcuts(shortcutsOn, (key) => {
    const task = shown.find(({ id }) => id === focusedTask());
    if (key === "n") {
      newTask.current?.focus();
    } else if (key === "/") {
      search.current?.focus();
    } else if (key === "?") {
      help.current?.showModal();
    } else if (key === "u") {
      undo();
    } else if (key === "j" || key === "k") {
      moveFocus(key === "j" ? 1 : -1);
    } else if (task && isNamed(task)) {
      pressOnTask(key, task, actions);
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
        <QuickAdd input={newTask} drafts={actions.drafts} onAdd={add} />
        <FilterBar filters={filters} search={search} onChange={setFilters} />
        {!online && (
          <Notice kind="info">You are offline. Changes are sent when the network is back; keep this page open.</Notice>
        )}
        <TaskView list={list} tasks={shown} editing={editing} filters={filters} setFilters={setFilters} {...actions} />
      </main>
      <UndoBar held={held} failure={failure} onUndo={undo} onDismiss={dismiss} />
      <ShortcutsDialog dialog={help} on={shortcutsOn} onSwitch={switchShortcuts} />
    </>
  );
}
