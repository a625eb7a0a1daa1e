import { isNotFound } from "@/lib/service-error";
import type { NewTask, Task } from "@/lib/tasks-api/client";
import { hasChanges, type Edit, type TaskForm } from "./task-form";

/** All input that the service does not have yet. */
interface Typed {
  /** The form for new tasks; null while it is empty. */
  adding: NewTask | null;
  /** New tasks that could not be created, oldest first. */
  lost: NewTask[];
  /** The id of the task in the editor. */
  editing: string | null;
  /** Edits by the id of their task. More than one only if edits could not be saved. */
  edits: Record<string, Edit>;
}

const NOTHING: Typed = { adding: null, lost: [], editing: null, edits: {} };

/** The storage key of this tab's drafts. */
const STORED = "latchkey.drafts";

interface Stored extends Typed {
  userId: string;
}

function removeStored(): void {
  try {
    sessionStorage.removeItem(STORED);
  } catch {
    // Storage may be blocked. Then there is nothing to remove.
  }
}

function load(userId: string): Typed {
  let stored: Stored | null = null;
  try {
    stored = JSON.parse(sessionStorage.getItem(STORED) ?? "null") as Stored | null;
  } catch {
    // Storage is blocked, or the value is invalid.
  }
  if (stored?.userId !== userId) {
    removeStored();
    return NOTHING;
  }
  // An editor without changes is not reopened.
  const edits = Object.fromEntries(Object.entries(stored.edits).filter(([, edit]) => hasChanges(edit)));
  const editing = stored.editing !== null && edits[stored.editing] ? stored.editing : (Object.keys(edits)[0] ?? null);
  return { adding: stored.adding, lost: stored.lost, edits, editing };
}

/**
 * A user's input that the task service does not have yet. It survives a reload and an expired session, in this tab
 * only.
 */
export class Drafts {
  #typed: Typed;
  /** For each change in flight, a function that keeps it. */
  readonly #inFlight = new Set<() => void>();
  /** Set when the user signed out or a different user signed in. */
  #closed = false;

  constructor(private readonly userId: string) {
    this.#typed = load(userId);
  }

  /** Keeps the new task from its form. Null if the form is empty. */
  type(task: NewTask | null): void {
    this.#set({ adding: task });
  }

  /** The new task to show in its form. */
  next(): NewTask | null {
    const [lost, ...others] = this.#typed.lost;
    if (!this.#typed.adding && lost) {
      this.#set({ adding: lost, lost: others });
    }
    return this.#typed.adding;
  }

  /** The edit that is open in the editor. */
  editing(): Edit | null {
    return this.#typed.edits[this.#typed.editing ?? ""] ?? null;
  }

  /** Opens the editor of a task and drops the input of the previous one. Null opens the next unsaved edit. */
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

  /** Keeps the input of the editor. */
  typeInto(typed: Partial<TaskForm>): Edit | null {
    const edit = this.editing();
    if (edit) {
      this.#set({ edits: { ...this.#typed.edits, [edit.task.id]: { ...edit, typed } } });
    }
    return this.editing();
  }

  /** Keeps a new task if its request fails or the session ends first. */
  adding<Result>(task: NewTask, sent: Promise<Result>): Promise<Result> {
    return this.#watch(sent, () => this.#set({ lost: [...this.#typed.lost, task] }));
  }

  /** Keeps an edit if its request fails or the session ends first. */
  changing<Result>({ task, typed }: Edit, sent: Promise<Result>): Promise<Result> {
    return this.#watch(sent, (error) => {
      const newer = this.#typed.edits[task.id];
      const edit = { task: newer?.task ?? task, typed: { ...typed, ...newer?.typed } };
      // An edit of a deleted task comes first, since it needs a decision.
      const editing = isNotFound(error) ? task.id : (this.#typed.editing ?? task.id);
      this.#set({ edits: { ...this.#typed.edits, [task.id]: edit }, editing });
    });
  }

  /** Keeps all pending changes when the session ends: requests in flight fail, and queued ones are never sent. */
  sessionEnded(): void {
    this.#inFlight.forEach((keep) => keep());
    this.#inFlight.clear();
  }

  /** Stops storing: the user of these drafts signed out. */
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
      // Storage may be blocked or full. The drafts then last as long as the page.
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

/** Returns the drafts of the signed-in user. Deletes those of any other user. */
export function draftsFor(userId: string): Drafts {
  if (kept?.userId !== userId) {
    kept?.drafts.close();
    kept = { userId, drafts: new Drafts(userId) };
  }
  return kept.drafts;
}

/** Handles the end of a session: keeps its drafts for the same user, or deletes them after a deliberate sign-out. */
export function endDrafts(signedOut: boolean): void {
  kept?.drafts.sessionEnded();
  if (signedOut) {
    kept?.drafts.close();
    kept = undefined;
    removeStored();
  }
}
