import { useCallback, useEffect, useRef, useState, type FormEvent, type RefObject } from "react";
import type { NewTask, Priority } from "@/lib/tasks-api/client";
import { Button } from "@/ui/button";
import type { Drafts } from "./drafts";
import { dueDay, dueOn } from "./due";
import { PrioritySelect } from "./priority-select";
import { titleError } from "./rules";

interface Props {
  /** The input that the shortcut focuses. */
  input: RefObject<HTMLInputElement | null>;
  drafts: Pick<Drafts, "next" | "type">;
  /** Resolves when the task has been created; rejects if it could not be. */
  onAdd: (task: NewTask) => Promise<void>;
}

const DEFAULT_PRIORITY: Priority = "medium";

/** Returns the task that the form would add. */
function taskIn(form: HTMLFormElement): NewTask {
  const data = new FormData(form);
  return {
    title: String(data.get("title")).trim(),
    priority: data.get("priority") as Priority,
    due_date: dueOn(String(data.get("due"))),
  };
}

function isBlank({ title, priority, due_date }: NewTask): boolean {
  return !title && priority === DEFAULT_PRIORITY && !due_date;
}

function fill(form: HTMLFormElement, { title, priority, due_date }: NewTask): void {
  const values = { title, priority: priority ?? DEFAULT_PRIORITY, due: due_date ? dueDay(due_date) : "" };
  for (const [name, value] of Object.entries(values)) {
    (form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement).value = value;
  }
}

/** Adds a task with Enter and is immediately ready for the next one. */
export function QuickAdd({ input, drafts, onAdd }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const [mistake, setMistake] = useState("");

  const refill = useCallback(() => {
    const draft = form.current && drafts.next();
    if (form.current && draft) {
      fill(form.current, draft);
    }
  }, [drafts]);
  useEffect(refill, [refill]);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const field = input.current;
    if (!form.current || !field) {
      return;
    }
    const task = taskIn(form.current);
    const found = titleError(task.title);
    setMistake(found);
    field.focus();
    if (found) {
      return;
    }
    form.current.reset();
    drafts.type(null);
    refill();
    try {
      await onAdd(task);
    } catch {
      // Restores the input, or later if the next task is already being typed.
      if (!field.value) {
        refill();
      }
    }
  }

  function keep() {
    if (form.current) {
      const task = taskIn(form.current);
      drafts.type(isBlank(task) ? null : task);
    }
  }

  return (
    <form
      ref={form}
      onSubmit={(event) => void submit(event)}
      onChange={keep}
      noValidate
      className="flex flex-wrap gap-2"
    >
      <input
        ref={input}
        name="title"
        aria-label="New task"
        placeholder="Add a task"
        dir="auto"
        autoComplete="off"
        enterKeyHint="done"
        aria-invalid={mistake ? true : undefined}
        aria-describedby={mistake ? "quick-add-mistake" : undefined}
        onChange={() => setMistake("")}
        className="min-h-11 min-w-0 flex-1 basis-full rounded-lg border border-edge bg-card px-3 placeholder:text-soft aria-invalid:border-danger md:basis-0"
      />
      {mistake && (
        // Directly below its field, also if that has a line of its own.
        <p id="quick-add-mistake" className="basis-full text-sm font-medium text-danger md:order-last">
          {mistake}
        </p>
      )}
      <PrioritySelect label="Priority of the new task" name="priority" defaultValue={DEFAULT_PRIORITY} />
      <input
        name="due"
        type="date"
        aria-label="Due date of the new task"
        className="min-h-11 min-w-0 flex-1 rounded-lg border border-edge bg-card px-2 md:flex-none"
      />
      <Button type="submit" variant="main" className="min-h-11">
        Add
      </Button>
    </form>
  );
}
