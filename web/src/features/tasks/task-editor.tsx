import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent } from "react";
import type { Priority, Task, TaskChanges } from "@/lib/tasks-api/client";
import { Button } from "@/ui/button";
import { TextArea } from "@/ui/text-area";
import { TextField } from "@/ui/text-field";
import { dayOf, endOfDay } from "./due";
import { PrioritySelect } from "./priority-select";
import { descriptionMistake, titleMistake } from "./rules";

interface Props {
  task: Task;
  /** What was typed before, when the session ended. */
  draft: TaskChanges | undefined;
  onType: (changes: TaskChanges) => void;
  onSave: (changes: TaskChanges) => void;
  onCancel: () => void;
}

/** What of the form differs from the task. */
function changesOf(data: FormData, task: Task): TaskChanges {
  const title = String(data.get("title")).trim();
  const description = String(data.get("description")) || null;
  const priority = data.get("priority") as Priority;
  const day = String(data.get("due"));
  // The time of day stays as it was when the day does.
  const sameDay = day === (task.due_date ? dayOf(task.due_date) : "");
  return {
    ...(title === task.title ? {} : { title }),
    ...(description === task.description ? {} : { description }),
    ...(priority === task.priority ? {} : { priority }),
    ...(sameDay ? {} : { due_date: endOfDay(day) }),
  };
}

/** Edits a task where it stands: Enter saves, Escape leaves it as it was. */
export function TaskEditor({ task, draft, onType, onSave, onCancel }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const [mistakes, setMistakes] = useState({ title: "", description: "" });
  const shown = { ...task, ...draft };

  useEffect(() => {
    form.current?.querySelector("input")?.select();
  }, []);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const found = {
      title: titleMistake(String(data.get("title"))),
      description: descriptionMistake(String(data.get("description"))),
    };
    setMistakes(found);
    if (found.title || found.description) {
      form.current?.querySelector<HTMLElement>(found.title ? "input" : "textarea")?.focus();
      return;
    }
    onSave(changesOf(data, task));
  }

  function cancelOnEscape(event: KeyboardEvent) {
    if (event.key === "Escape") {
      event.stopPropagation();
      onCancel();
    }
  }

  const cancelling = { onKeyDown: cancelOnEscape };
  return (
    <form
      ref={form}
      onSubmit={submit}
      onChange={(event) => onType(changesOf(new FormData(event.currentTarget), task))}
      noValidate
      aria-label={`Edit ${task.title}`}
      className="flex flex-1 flex-col gap-3"
    >
      <TextField
        {...cancelling}
        label="Title"
        name="title"
        defaultValue={shown.title ?? ""}
        autoComplete="off"
        error={mistakes.title}
      />
      <TextArea
        {...cancelling}
        label="Description"
        name="description"
        rows={3}
        defaultValue={shown.description ?? ""}
        error={mistakes.description}
      />
      <div className="flex flex-wrap gap-2">
        <PrioritySelect
          {...cancelling}
          label="Priority"
          name="priority"
          defaultValue={shown.priority ?? task.priority}
        />
        <input
          {...cancelling}
          name="due"
          type="date"
          aria-label="Due date"
          defaultValue={shown.due_date ? dayOf(shown.due_date) : ""}
          className="min-h-11 rounded-lg border border-edge bg-card px-2"
        />
        <span className="flex-1" />
        <Button {...cancelling} onClick={onCancel}>
          Cancel
        </Button>
        <Button {...cancelling} type="submit" look="main">
          Save
        </Button>
      </div>
    </form>
  );
}
