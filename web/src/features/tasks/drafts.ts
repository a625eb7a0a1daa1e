import type { NewTask, TaskChanges } from "@/lib/tasks-api/client";
import { ServiceError } from "@/lib/service-error";

/** Whether something is refused for good: there is nothing any more that it could be done to. */
function isGone(error: unknown): boolean {
  return error instanceof ServiceError && error.status === 404;
}

/** What somebody typed and the task service does not have: it outlives a session that ends by itself. */
export class Drafts {
  #typed: NewTask | undefined;
  /** New tasks that the service did not take, oldest first. */
  readonly #lost: NewTask[] = [];
  #editing: string | null = null;
  readonly #edits = new Map<string, TaskChanges>();
  /** For each change on its way: how to keep it. */
  readonly #onTheirWay = new Set<() => void>();

  /** Keeps the new task as it stands in its form; undefined when the form is empty again. */
  type(task: NewTask | undefined): void {
    this.#typed = task;
  }

  /** What belongs into the form for new tasks. */
  next(): NewTask | undefined {
    this.#typed ??= this.#lost.shift();
    return this.#typed;
  }

  /** The task in the editor. */
  editing(): string | null {
    return this.#editing;
  }

  /** Opens the editor of a task, and gives up what was typed into the one before. For null, opens one that was lost. */
  edit(id: string | null): string | null {
    if (this.#editing !== null && this.#editing !== id) {
      this.#edits.delete(this.#editing);
    }
    this.#editing = id ?? this.#edits.keys().next().value ?? null;
    return this.#editing;
  }

  /** Keeps what the editor makes of a task. */
  typeInto(id: string, changes: TaskChanges): void {
    this.#edits.set(id, changes);
  }

  /** What was typed into the editor of a task. */
  changesOf(id: string): TaskChanges | undefined {
    return this.#edits.get(id);
  }

  /** Keeps a new task that the service does not take, or that the session ends before. */
  adding<Result>(task: NewTask, sent: Promise<Result>): Promise<Result> {
    return this.#watch(sent, () => void this.#lost.push(task));
  }

  /** The same for an editor's changes, unless their task is gone. */
  changing<Result>(id: string, changes: TaskChanges, sent: Promise<Result>): Promise<Result> {
    return this.#watch(sent, () => {
      // What was typed since is newer.
      this.#edits.set(id, { ...changes, ...this.#edits.get(id) });
      this.#editing ??= id;
    });
  }

  /** The session is over: what is on its way does not arrive, and what waits behind it is never sent. */
  sessionEnded(): void {
    this.#onTheirWay.forEach((keep) => keep());
    this.#onTheirWay.clear();
  }

  async #watch<Result>(sent: Promise<Result>, keep: () => void): Promise<Result> {
    this.#onTheirWay.add(keep);
    try {
      return await sent;
    } catch (error) {
      if (!isGone(error) && this.#onTheirWay.has(keep)) {
        keep();
      }
      throw error;
    } finally {
      this.#onTheirWay.delete(keep);
    }
  }
}

// In memory alone: nothing of it stays on the disk.
let kept: { userId: string; drafts: Drafts } | undefined;

/** The drafts of who is signed in; those of anybody else are forgotten. */
export function draftsOf(userId: string): Drafts {
  if (kept?.userId !== userId) {
    kept = { userId, drafts: new Drafts() };
  }
  return kept.drafts;
}

/** Nobody is signed in any more. Who left on purpose leaves no drafts. */
export function leaveDrafts(onPurpose: boolean): void {
  kept?.drafts.sessionEnded();
  if (onPurpose) {
    kept = undefined;
  }
}
