import { useRef, useState, type FormEvent, type RefObject } from "react";
import type { NewTask, Priority } from "@/lib/tasks-api/client";
import { Button } from "@/ui/button";
import { endOfDay } from "./due";
import { PrioritySelect } from "./priority-select";
import { titleMistake } from "./title";

interface Props {
  /** Where the shortcut puts the focus. */
  input: RefObject<HTMLInputElement | null>;
  /** Settles when the service has the task; fails when it does not take it. */
  onAdd: (task: NewTask) => Promise<void>;
}

/** Adds a task with Enter, and is ready for the next one at once. */
export function QuickAdd({ input, onAdd }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const [mistake, setMistake] = useState("");

  async function submit(event: FormEvent) {
    event.preventDefault();
    const field = input.current;
    if (!form.current || !field) {
      return;
    }
    const data = new FormData(form.current);
    const title = String(data.get("title")).trim();
    const found = titleMistake(title);
    setMistake(found);
    field.focus();
    if (found) {
      return;
    }
    form.current.reset();
    try {
      await onAdd({
        title,
        priority: data.get("priority") as Priority,
        due_date: endOfDay(String(data.get("due"))),
      });
    } catch {
      // What was typed comes back, unless the next one is being typed already.
      field.value ||= title;
    }
  }

  return (
    <form ref={form} onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-1.5">
      <div className="flex flex-wrap gap-2">
        <input
          ref={input}
          name="title"
          aria-label="New task"
          placeholder="What is to be done?"
          autoComplete="off"
          enterKeyHint="done"
          aria-invalid={mistake ? true : undefined}
          aria-describedby={mistake ? "quick-add-mistake" : undefined}
          onChange={() => setMistake("")}
          className="min-h-11 min-w-0 flex-1 basis-full rounded-lg border border-edge bg-card px-3 placeholder:text-soft aria-invalid:border-danger md:basis-0"
        />
        <PrioritySelect
          label="Priority of the new task"
          name="priority"
          defaultValue="medium"
          className="flex-1 md:flex-none"
        />
        <input
          name="due"
          type="date"
          aria-label="Due date of the new task"
          className="min-h-11 min-w-0 flex-1 rounded-lg border border-edge bg-card px-2 md:flex-none"
        />
        <Button type="submit" look="main" className="min-h-11">
          Add
        </Button>
      </div>
      {mistake && (
        <p id="quick-add-mistake" className="text-sm font-medium text-danger">
          {mistake}
        </p>
      )}
    </form>
  );
}
