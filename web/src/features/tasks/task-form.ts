import type { Priority, Task, TaskChanges } from "@/lib/tasks-api/client";
import { dueDay, dueOn } from "./due";

/** The values of the inputs in a task's editor. */
export interface TaskForm {
  title: string;
  description: string;
  priority: Priority;
  /** A day, or an empty string. */
  due: string;
}

/** The labels of the fields. */
export const FIELD_NAMES: Record<keyof TaskForm, string> = {
  title: "Title",
  description: "Description",
  priority: "Priority",
  due: "Due date",
};

/** An edit: the task when its editor was opened, and the fields changed since. */
export interface Edit {
  task: Task;
  typed: Partial<TaskForm>;
}

/** Whether closing the editor would lose changes. */
export function hasChanges({ typed }: Edit): boolean {
  return Object.keys(typed).length > 0;
}

/** Returns the changed fields except one. */
export function without(typed: Partial<TaskForm>, field: keyof TaskForm): Partial<TaskForm> {
  const others = { ...typed };
  delete others[field];
  return others;
}

/** Returns a task's fields as input values. */
export function taskToForm(task: Task): TaskForm {
  return {
    title: task.title,
    description: task.description ?? "",
    priority: task.priority,
    due: task.due_date ? dueDay(task.due_date) : "",
  };
}

const FIELDS = Object.keys(FIELD_NAMES) as (keyof TaskForm)[];

/** Returns the fields of a form that differ from the task. */
export function changedFields(form: TaskForm, task: Task): Partial<TaskForm> {
  const there = taskToForm(task);
  return Object.fromEntries(
    FIELDS.filter((field) => form[field] !== there[field]).map((field) => [field, form[field]]),
  );
}

/** Returns the request body that saves the changed fields. A due date keeps its time if its day does not change. */
export function changesToSend(typed: Partial<TaskForm>, task: Task): TaskChanges {
  const { title, description, priority, due } = changedFields({ ...taskToForm(task), ...typed }, task);
  return {
    ...(title === undefined || title.trim() === task.title ? {} : { title: title.trim() }),
    ...(description === undefined ? {} : { description: description || null }),
    ...(priority === undefined ? {} : { priority }),
    ...(due === undefined ? {} : { due_date: dueOn(due) }),
  };
}

/** Returns the fields that were changed here and elsewhere, since the editor was opened, to different values. */
export function findConflicts({ task, typed }: Edit, now: Task): (keyof TaskForm)[] {
  const before = taskToForm(task);
  const there = taskToForm(now);
  return FIELDS.filter(
    (field) => typed[field] !== undefined && there[field] !== before[field] && there[field] !== typed[field],
  );
}
