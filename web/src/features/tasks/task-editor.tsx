import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent } from "react";
import type { Priority, Task } from "@/lib/tasks-api/client";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { TextArea } from "@/ui/text-area";
import { TextField } from "@/ui/text-field";
import { PRIORITY_NAMES, PrioritySelect } from "./priority-select";
import { descriptionError, titleError } from "./rules";
import { findConflicts, FIELD_NAMES, taskToForm, hasChanges, without, type Edit, type TaskForm } from "./task-form";

interface Props {
  edit: Edit;
  /** The current task; null if it was deleted elsewhere. */
  task: Task | null;
  onType: (typed: Partial<TaskForm>) => void;
  onSave: (typed: Partial<TaskForm>) => void;
  onCancel: () => void;
}

interface ConflictProps {
  fields: (keyof TaskForm)[];
  there: TaskForm;
  onTake: (field: keyof TaskForm) => void;
}

/** Shows fields that were changed both here and on another device or in another tab. */
function Conflicts({ fields, there, onTake }: ConflictProps) {
  if (fields.length === 0) {
    return null;
  }
  return (
    <Notice kind="error">
      <p>This task was changed elsewhere while you were editing it. Saving overwrites that change.</p>
      <ul className="mt-2 flex flex-col gap-2">
        {fields.map((field) => (
          <li key={field} className="flex flex-wrap items-center justify-between gap-2">
            <span className="min-w-0 wrap-anywhere">
              Latest {FIELD_NAMES[field].toLowerCase()}:{" "}
              <bdi>{field === "priority" ? PRIORITY_NAMES[there.priority] : there[field] || "none"}</bdi>
            </span>
            <Button onClick={() => onTake(field)}>
              Use this<span className="sr-only"> {FIELD_NAMES[field].toLowerCase()}</span>
            </Button>
          </li>
        ))}
      </ul>
    </Notice>
  );
}

/** Edits a task in place. Enter saves, Escape closes. Fields that were not edited follow changes made elsewhere. */
export function TaskEditor({ edit, task, onType, onSave, onCancel }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const { typed } = edit;
  const [mistakes, setMistakes] = useState({ title: "", description: "" });
  const there = taskToForm(task ?? edit.task);
  const values = { ...there, ...typed };
  const wasTyped = useRef(hasChanges(edit));

  useEffect(() => {
    const title = form.current?.querySelector("input");
    title?.focus();
    if (!wasTyped.current) {
      title?.select();
    }
  }, []);

  function type<Name extends keyof TaskForm>(field: Name, value: TaskForm[Name]) {
    onType(value === there[field] ? without(typed, field) : { ...typed, [field]: value });
  }

  function take(field: keyof TaskForm) {
    onType(without(typed, field));
    form.current?.querySelector<HTMLElement>(`[name=${field}]`)?.focus();
  }

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const found = { title: titleError(values.title), description: descriptionError(values.description) };
    setMistakes(found);
    if (found.title || found.description) {
      form.current?.querySelector<HTMLElement>(found.title ? "input" : "textarea")?.focus();
      return;
    }
    onSave(typed);
  }

  const cancelling = {
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === "Escape") {
        event.stopPropagation();
        // Otherwise the same key press closes the dialog that it opens.
        event.preventDefault();
        onCancel();
      }
    },
  };
  return (
    <form
      ref={form}
      onSubmit={submit}
      noValidate
      aria-label={`Edit ${edit.task.title}`}
      className="flex flex-1 flex-col gap-3"
    >
      {task === null && (
        <Notice kind="error">This task was deleted elsewhere. Add it again as a new task, or discard it.</Notice>
      )}
      {task && <Conflicts fields={findConflicts(edit, task)} there={there} onTake={take} />}
      <TextField
        {...cancelling}
        label="Title"
        name="title"
        value={values.title}
        onChange={(event) => type("title", event.target.value)}
        dir="auto"
        autoComplete="off"
        error={mistakes.title}
      />
      <TextArea
        {...cancelling}
        label="Description"
        name="description"
        rows={3}
        value={values.description}
        onChange={(event) => type("description", event.target.value)}
        dir="auto"
        error={mistakes.description}
      />
      <div className="flex flex-wrap gap-2">
        <PrioritySelect
          {...cancelling}
          label="Priority"
          name="priority"
          value={values.priority}
          onChange={(event) => type("priority", event.target.value as Priority)}
        />
        <input
          {...cancelling}
          name="due"
          type="date"
          aria-label="Due date"
          value={values.due}
          onChange={(event) => type("due", event.target.value)}
          className="min-h-11 rounded-lg border border-edge bg-card px-2"
        />
        <span className="flex-1" />
        <Button {...cancelling} onClick={onCancel}>
          {task ? "Cancel" : "Discard"}
        </Button>
        <Button {...cancelling} type="submit" variant="main">
          {task ? "Save" : "Add as a new task"}
        </Button>
      </div>
    </form>
  );
}
