import { isNotFound } from "@/lib/service-error";
import type { NewTask, Task } from "@/lib/tasks-api/client";
import { hasChanges, type Edit, type TaskForm } from "./task-form";

/** Everything that is typed and not sent. */
interface Typed {
  /** The form for new tasks; null while it is empty. */
  adding: NewTask | null;
  /** New tasks that the service did not take, oldest first. */
  lost: NewTask[];
  /** The id of the task in the editor. */
  editing: string | null;
  /** Edits by the id of their task. More than one only if the service did not take them. */
  edits: Record<string, Edit>;
}

const NOTHING: Typed = { adding: null, lost: [], editing: null, edits: {} };

/** Where the drafts of this tab are stored. */
const STORED = "latchkey.drafts";

interface Stored extends Typed {
  userId: string;
}

function forget(): void {
  try {
    sessionStorage.removeItem(STORED);
  } catch {
    // Storage may be forbidden: then there is nothing to forget.
  }
}

function load(userId: string): Typed {
  let stored: Stored | null = null;
  try {
    stored = JSON.parse(sessionStorage.getItem(STORED) ?? "null") as Stored | null;
  } catch {
    // Forbidden, or not ours.
  }
  if (stored?.userId !== userId) {
    forget();
    return NOTHING;
  }
  // An editor that was only looked at is not opened again.
  const edits = Object.fromEntries(Object.entries(stored.edits).filter(([, edit]) => hasChanges(edit)));
  const editing = stored.editing !== null && edits[stored.editing] ? stored.editing : (Object.keys(edits)[0] ?? null);
  return { adding: stored.adding, lost: stored.lost, edits, editing };
}

/**
 * What somebody typed and the task service does not have. It survives a reload and a session that ends by itself, in
 * this tab alone.
 */
export class Drafts {
  #typed: Typed;
  /** For each change in flight: how to keep it. */
  readonly #inFlight = new Set<() => void>();
  /** Set when somebody else signed in, or the user signed out. */
  #closed = false;

  constructor(private readonly userId: string) {
    this.#typed = load(userId);
  }

  /** Keeps the new task as it stands in its form; null when the form is empty again. */
  type(task: NewTask | null): void {
    this.#set({ adding: task });
  }

  /** What belongs into the form for new tasks. */
  next(): NewTask | null {
    const [lost, ...others] = this.#typed.lost;
    if (!this.#typed.adding && lost) {
      this.#set({ adding: lost, lost: others });
    }
    return this.#typed.adding;
  }

  /** The edit in the editor. */
  editing(): Edit | null {
    return this.#typed.edits[this.#typed.editing ?? ""] ?? null;
  }

  /** Opens the editor of a task, and drops what was typed into the one before. For null, opens one that was lost. */
  edit(task: Task | null): Edit | null {
    const edits = { ...this.#typed.edits };
    if (this.#typed.editing !== null && this.#typed.editing !== task?.id) {
      delete edits[this.#typed.editing];
    }
    if (task) {
      edits[task.id] ??= { task, typed: {} };
    }
    this.#set({ edits, editing: task?.id ?? Object.keys(edits)[0] ?? null });
    return this.editing();
  }

  /** Keeps what the editor makes of its task. */
  typeInto(typed: Partial<TaskForm>): Edit | null {
    const edit = this.editing();
    if (edit) {
      this.#set({ edits: { ...this.#typed.edits, [edit.task.id]: { ...edit, typed } } });
    }
    return this.editing();
  }

  /** Keeps a new task that the service does not take, or that the session ends before. */
  adding<Result>(task: NewTask, sent: Promise<Result>): Promise<Result> {
    return this.#watch(sent, () => this.#set({ lost: [...this.#typed.lost, task] }));
  }

  /** The same for an edit. */
  changing<Result>({ task, typed }: Edit, sent: Promise<Result>): Promise<Result> {
    return this.#watch(sent, (error) => {
      const newer = this.#typed.edits[task.id];
      const edit = { task: newer?.task ?? task, typed: { ...typed, ...newer?.typed } };
      // One whose task was deleted comes first: it is the one that needs a decision.
      const editing = isNotFound(error) ? task.id : (this.#typed.editing ?? task.id);
      this.#set({ edits: { ...this.#typed.edits, [task.id]: edit }, editing });
    });
  }

  /** The session is over: requests in flight do not arrive, and those that wait behind them are never sent. */
  sessionEnded(): void {
    this.#inFlight.forEach((keep) => keep());
    this.#inFlight.clear();
  }

  /** Stores nothing more: these are the drafts of somebody who left. */
  close(): void {
    this.#closed = true;
  }

  #set(changed: Partial<Typed>): void {
    this.#typed = { ...this.#typed, ...changed };
    if (this.#closed) {
      return;
    }
    const stored: Stored = { ...this.#typed, userId: this.userId };
    try {
      sessionStorage.setItem(STORED, JSON.stringify(stored));
    } catch {
      // Storage may be forbidden or full: then the drafts last as long as the page.
    }
  }

  async #watch<Result>(sent: Promise<Result>, keep: (error?: unknown) => void): Promise<Result> {
    const keepOnce = () => keep();
    this.#inFlight.add(keepOnce);
    try {
      return await sent;
    } catch (error) {
      if (this.#inFlight.has(keepOnce)) {
        keep(error);
      }
      throw error;
    } finally {
      this.#inFlight.delete(keepOnce);
    }
  }
}

let kept: { userId: string; drafts: Drafts } | undefined;

/** The drafts of the user who is signed in. Those of anybody else are deleted. */
export function draftsFor(userId: string): Drafts {
  if (kept?.userId !== userId) {
    kept?.drafts.close();
    kept = { userId, drafts: new Drafts(userId) };
  }
  return kept.drafts;
}

/** Ends the session's drafts: they are kept for the same user, unless they signed out on purpose. */
export function leaveDrafts(onPurpose: boolean): void {
  kept?.drafts.sessionEnded();
  if (onPurpose) {
    kept?.drafts.close();
    kept = undefined;
    forget();
  }
}
