import { useEffect, useRef } from "react";
import type { Task, TaskChanges } from "@/lib/tasks-api/client";
import { Button } from "@/ui/button";
import type { Drafts } from "./drafts";
import { dueLabel } from "./due";
import { PRIORITY_NAMES } from "./priority-select";
import { TaskEditor } from "./task-editor";

/** What can be done to a task of the list. */
export interface TaskActions {
  change: (task: Task, changes: TaskChanges) => void;
  remove: (task: Task) => void;
  edit: (task: Task | null) => void;
  /** Closes the editor and makes its changes. */
  save: (task: Task, changes: TaskChanges) => void;
  drafts: Drafts;
}

interface Props extends TaskActions {
  task: Task;
  editing: boolean;
  /** The service does not know it yet, so nothing can be done to it. */
  saving: boolean;
}

const PRIORITY_LOOKS = {
  high: "text-danger",
  medium: "text-soft",
  low: "text-soft",
};

/** What a row says of the task beside its title. */
function Facts({ task }: { task: Task }) {
  const due = task.due_date ? dueLabel(task.due_date, new Date(), task.is_completed) : null;
  return (
    <p className="flex flex-wrap gap-x-3 text-sm">
      <span className={PRIORITY_LOOKS[task.priority]}>
        {PRIORITY_NAMES[task.priority]}
        <span className="sr-only"> priority</span>
      </span>
      {due && (
        <span className={due.over ? "font-medium text-warm" : "text-soft"}>
          <span className="sr-only">Due: </span>
          {due.text}
        </span>
      )}
      {task.description && <span className="min-w-0 truncate text-soft">{task.description}</span>}
    </p>
  );
}

/** One task: to be done, looked at, edited where it stands, or deleted. */
export function TaskRow({ task, editing, saving, change, remove, edit, save, drafts }: Props) {
  const title = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  useEffect(() => {
    if (wasEditing.current && !editing) {
      title.current?.focus();
    }
    wasEditing.current = editing;
  }, [editing]);

  return (
    <li data-task={task.id} className="flex items-start gap-1 border-b border-line px-2 py-2 last:border-b-0 sm:gap-2">
      {editing ? (
        <div className="flex-1 p-2">
          <TaskEditor
            task={task}
            draft={drafts.changesOf(task.id)}
            onType={(changes) => drafts.typeInto(task.id, changes)}
            onCancel={() => edit(null)}
            onSave={(changes) => save(task, changes)}
          />
        </div>
      ) : (
        <>
          <label className="flex size-11 shrink-0 items-center justify-center">
            <span className="sr-only">Done: {task.title}</span>
            <input
              type="checkbox"
              checked={task.is_completed}
              disabled={saving}
              onChange={(event) => change(task, { is_completed: event.target.checked })}
              className="size-5 accent-accent"
            />
          </label>
          <div className="min-w-0 flex-1 py-1">
            <button
              ref={title}
              type="button"
              data-title
              aria-label={`Edit ${task.title}`}
              disabled={saving}
              onClick={() => edit(task)}
              className={`block min-h-8 max-w-full rounded text-left font-medium wrap-anywhere ${task.is_completed ? "text-soft line-through" : ""}`}
            >
              {task.title}
            </button>
            <Facts task={task} />
          </div>
          <Button
            look="quiet"
            disabled={saving}
            aria-label={`Delete ${task.title}`}
            onClick={() => remove(task)}
            className="size-11 px-0!"
          >
            <svg
              aria-hidden="true"
              viewBox="0 0 20 20"
              className="size-5"
              fill="none"
              stroke="currentColor"
              strokeWidth="1.6"
            >
              <path d="M4 6h12M8 6V4h4v2M6 6l.7 10h6.6L14 6" strokeLinecap="round" strokeLinejoin="round" />
            </svg>
          </Button>
        </>
      )}
    </li>
  );
}
