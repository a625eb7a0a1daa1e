import { memo, useEffect, useRef } from "react";
import type { Task, TaskChanges } from "@/lib/tasks-api/client";
import { Button } from "@/ui/button";
import { dueLabel } from "./due";
import { PRIORITY_NAMES } from "./priority-select";
import { TaskEditor } from "./task-editor";
import type { Edit, TaskForm } from "./task-form";

/** The actions on a task in the list. */
export interface TaskActions {
  change: (task: Task, changes: TaskChanges) => void;
  remove: (task: Task) => void;
  edit: (task: Task | null) => void;
  /** Keeps the input of the editor. */
  type: (typed: Partial<TaskForm>) => void;
  /** Closes the editor and saves its changes. The task is null if it was deleted elsewhere. */
  save: (edit: Edit, typed: Partial<TaskForm>, task: Task | null) => void;
}

interface Props {
  task: Task;
  today: string;
  actions: TaskActions;
  /** The open edit, if it is of this task. */
  edit: Edit | null;
  /** Whether the task is still being created. All actions are disabled until then. */
  saving: boolean;
  /** Its position in the whole list, starting at 1. The rows around it may not be rendered. */
  position: number;
  /** The length of the whole list, or -1 if unknown. */
  of: number;
  /** Measures the row in a virtualized list. */
  measure?: (row: HTMLElement | null) => void;
  /** The position of the row in a virtualized list, in pixels. */
  top?: number;
}

const PRIORITY_STYLES = {
  high: "text-danger",
  medium: "text-soft",
  low: "text-soft",
};

/** The priority, due date and description of a task. */
function TaskDetails({ task, today }: { task: Task; today: string }) {
  const due = task.due_date ? dueLabel(task.due_date, today, task.is_completed) : null;
  return (
    <p className="flex flex-wrap gap-x-3 text-sm">
      <span className={PRIORITY_STYLES[task.priority]}>
        {PRIORITY_NAMES[task.priority]}
        <span className="sr-only"> priority</span>
      </span>
      {due && (
        <span className={due.overdue ? "font-medium text-warm" : "text-soft"}>
          <span className="sr-only">Due: </span>
          {due.text}
        </span>
      )}
      {task.description && (
        <span dir="auto" className="min-w-0 truncate text-soft print:whitespace-pre-wrap">
          {task.description}
        </span>
      )}
    </p>
  );
}

/** A task with a checkbox, its details, an in-place editor and a delete button. */
export const TaskRow = memo(function TaskRow(props: Props) {
  "use memo";
  const { task, today, actions, edit, saving, position, of, measure, top } = props;
  const title = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  const editing = edit !== null;
  useEffect(() => {
    if (wasEditing.current && !editing) {
      title.current?.focus();
    }
    wasEditing.current = editing;
  }, [editing]);

  return (
    <li
      ref={measure}
      data-index={position - 1}
      data-task={task.id}
      aria-posinset={position}
      aria-setsize={of}
      style={top === undefined ? undefined : { transform: `translateY(${top}px)` }}
      className={`flex w-full items-start gap-1 border-line px-2 py-2 sm:gap-2 ${position === of ? "" : "border-b"} ${top === undefined ? "break-inside-avoid" : "absolute inset-x-0 top-0 [contain:layout_style]"}`}
    >
      {edit ? (
        <div className="flex-1 p-2">
          <TaskEditor
            edit={edit}
            task={task}
            onType={actions.type}
            onCancel={() => actions.edit(null)}
            onSave={(typed) => actions.save(edit, typed, task)}
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
              onChange={(event) => actions.change(task, { is_completed: event.target.checked })}
              className="size-5 accent-accent"
            />
          </label>
          <div className="min-w-0 flex-1 py-1">
            <button
              ref={title}
              type="button"
              dir="auto"
              data-title
              aria-label={`Edit ${task.title}`}
              disabled={saving}
              onClick={() => actions.edit(task)}
              className={`block min-h-8 max-w-full rounded text-left font-medium wrap-anywhere ${task.is_completed ? "text-soft line-through" : ""}`}
            >
              {task.title}
            </button>
            <TaskDetails task={task} today={today} />
          </div>
          <Button
            variant="quiet"
            disabled={saving}
            aria-label={`Delete ${task.title}`}
            onClick={() => actions.remove(task)}
            className="size-11 px-0! print:hidden"
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
});
