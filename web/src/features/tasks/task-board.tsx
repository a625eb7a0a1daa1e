"use client";

import dynamic from "next/dynamic";
import { useCallback, useRef, useState } from "react";
import { AccountBar } from "@/features/auth/account-bar";
import type { User } from "@/features/auth/session";
import type { Priority, Task } from "@/lib/tasks-api/client";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { useOnline } from "@/ui/use-online";
import { DiscardDialog } from "./discard-dialog";
import { FilterBar } from "./filter-bar";
import { isSaved } from "./lists";
import { QuickAdd } from "./quick-add";
import { ShortcutsDialog } from "./shortcuts-dialog";
import { DetachedEditor } from "./detached-editor";
import type { TaskActions } from "./task-row";
import { hasChanges } from "./task-form";
import { TaskView } from "./task-view";
import { useFilters } from "./use-filters";
import { useListRefresh } from "./use-list-refresh";
import { focusedTask, moveFocus, useShortcuts, type Shortcut } from "./use-shortcuts";
import { useStoredFlag } from "./use-stored-flag";
import { useTaskActions } from "./use-task-actions";
import { useTasks } from "./use-tasks";

// Not needed for the first render. Toasts wait until it is loaded; if it fails to load, the list works without it.
const Toaster = dynamic(() => import("@/ui/toaster").catch(() => () => null), { ssr: false });

const PRIORITY_KEYS: Partial<Record<Shortcut, Priority>> = { "1": "high", "2": "medium", "3": "low" };

/** Applies a shortcut to the focused task. */
function applyShortcut(key: Shortcut, task: Task, { change, edit, remove }: TaskActions) {
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

/** The user's tasks with all controls. */
export function TaskBoard({ user }: { user: User }) {
  "use memo";
  const [filters, setFilters] = useFilters();
  const list = useTasks(user.id, filters);
  const { markStale, visible } = useListRefresh(user.id, filters, list);
  const online = useOnline();
  const [wanted, setWanted] = useState<string | null>(null);
  const { add, actions, drafts, edited, pendingDeletes, undo, beforeLeaving, discarding, answer } = useTaskActions({
    userId: user.id,
    online,
    onUnknown: markStale,
    onFocus: setWanted,
  });
  const [shortcutsOn, setShortcutsOn] = useStoredFlag("latchkey.shortcuts");
  const newTask = useRef<HTMLInputElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const help = useRef<HTMLDialogElement>(null);
  const focused = useCallback(() => setWanted(null), []);
  const shown =
    pendingDeletes.length === 0
      ? list.tasks
      : list.tasks.filter(({ id }) => !pendingDeletes.some((one) => one.id === id));
  const isDetached = edited && hasChanges(edited) && !list.isLoading && !shown.some(({ id }) => id === edited.task.id);

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
      moveFocus(shown, key === "j" ? 1 : -1);
    } else if (task && isSaved(task)) {
      applyShortcut(key, task, actions);
    }
  });

  return (
    <>
      <AccountBar user={user} beforeLeaving={beforeLeaving} />
      <main className="mx-auto flex max-w-4xl flex-col gap-4 px-4 pt-6 pb-32 print:pb-0">
        <div className="flex items-center justify-between gap-4">
          <h1 className="text-2xl font-bold">Tasks</h1>
          <Button variant="quiet" onClick={() => help.current?.showModal()} className="max-sm:hidden print:hidden">
            Shortcuts
          </Button>
        </div>
        <div className="flex flex-col gap-4 print:hidden">
          <QuickAdd input={newTask} drafts={drafts} onAdd={add} />
          <FilterBar filters={filters} search={search} onChange={setFilters} />
        </div>
        {!online && (
          <Notice kind="info">
            You are offline. Your changes will be sent when you are back online. Keep this page open.
          </Notice>
        )}
        {edited && isDetached && (
          <DetachedEditor
            key={edited.task.id}
            userId={user.id}
            edit={edited}
            onType={actions.type}
            onCancel={() => actions.edit(null)}
            onSave={(typed, task) => actions.save(edited, typed, task)}
          />
        )}
        <TaskView
          list={list}
          tasks={shown}
          edited={edited}
          onShown={visible}
          wanted={wanted}
          onFocused={focused}
          filters={filters}
          setFilters={setFilters}
          actions={actions}
        />
      </main>
      <Toaster />
      {discarding && <DiscardDialog discarding={discarding} onAnswer={answer} />}
      <ShortcutsDialog dialog={help} on={shortcutsOn} onSwitch={setShortcutsOn} />
    </>
  );
}
