import type { Priority, Task, TaskChanges } from "@/lib/tasks-api/client";
import { dueDay, dueOn } from "./due";

/** The fields of a task's editor, as their inputs hold them. */
export interface TaskForm {
  title: string;
  description: string;
  priority: Priority;
  /** A day, or an empty text. */
  due: string;
}

/** The names of the fields, as people see them. */
export const FIELD_NAMES: Record<keyof TaskForm, string> = {
  title: "Title",
  description: "Description",
  priority: "Priority",
  due: "Due date",
};

/** A task that is being edited: the task as it was when its editor was opened, and the fields that were changed since. */
export interface Edit {
  task: Task;
  typed: Partial<TaskForm>;
}

/** Whether closing the editor would lose something. */
export function hasChanges({ typed }: Edit): boolean {
  return Object.keys(typed).length > 0;
}

/** The fields that were changed, but for one. */
export function without(typed: Partial<TaskForm>, field: keyof TaskForm): Partial<TaskForm> {
  const others = { ...typed };
  delete others[field];
  return others;
}

/** A task's fields. */
export function taskToForm(task: Task): TaskForm {
  return {
    title: task.title,
    description: task.description ?? "",
    priority: task.priority,
    due: task.due_date ? dueDay(task.due_date) : "",
  };
}

const FIELDS = Object.keys(FIELD_NAMES) as (keyof TaskForm)[];

/** The fields of a form that differ from a task. */
export function changedFields(form: TaskForm, task: Task): Partial<TaskForm> {
  const there = taskToForm(task);
  return Object.fromEntries(
    FIELDS.filter((field) => form[field] !== there[field]).map((field) => [field, form[field]]),
  );
}

/** What to send, so that a task has the fields that were typed. A due date whose day stays keeps its time of day. */
export function changesToSend(typed: Partial<TaskForm>, task: Task): TaskChanges {
  const { title, description, priority, due } = changedFields({ ...taskToForm(task), ...typed }, task);
  return {
    ...(title === undefined || title.trim() === task.title ? {} : { title: title.trim() }),
    ...(description === undefined ? {} : { description: description || null }),
    ...(priority === undefined ? {} : { priority }),
    ...(due === undefined ? {} : { due_date: dueOn(due) }),
  };
}

/** The fields that were changed here and, since the editor was opened, elsewhere too: not to the same value. */
export function findConflicts({ task, typed }: Edit, now: Task): (keyof TaskForm)[] {
  const before = taskToForm(task);
  const there = taskToForm(now);
  return FIELDS.filter(
    (field) => typed[field] !== undefined && there[field] !== before[field] && there[field] !== typed[field],
  );
}
