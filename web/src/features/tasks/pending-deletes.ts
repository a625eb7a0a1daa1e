/** A deletion that can be undone, or whose request is in flight. */
export interface Held<Item> {
  id: string;
  item: Item;
  sent: boolean;
  /** Deletes for good. It handles its own failures. */
  send: () => Promise<void>;
}

/** Holds deletions back until they are released, so that they can be undone without a request. */
export class PendingDeletes<Item extends { id: string }> {
  #held: readonly Held<Item>[] = [];
  readonly #listeners = new Set<() => void>();

  /** Every deletion that is held, oldest first; the same array until it changes. */
  readonly all = (): readonly Held<Item>[] => this.#held;

  /** Calls the listener on every change; the returned function stops that. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Begins to hold a deletion. */
  hold(item: Item, send: () => Promise<void>): void {
    if (this.#held.some(({ id }) => id === item.id)) {
      return;
    }
    this.#set([...this.#held, { id: item.id, item, sent: false, send }]);
  }

  /** Undoes a deletion: the last one, or the one with this id. Returns undefined if it is sent already. */
  undo(id = this.#held.findLast(({ sent }) => !sent)?.id): Item | undefined {
    const found = this.#held.find((held) => held.id === id && !held.sent);
    if (!found) {
      return undefined;
    }
    this.#set(this.#held.filter((held) => held !== found));
    return found.item;
  }

  /** Sends a deletion, unless it was undone or is sent already. */
  async release(id: string): Promise<void> {
    const found = this.#held.find((held) => held.id === id && !held.sent);
    if (!found) {
      return;
    }
    this.#set(this.#held.map((held) => (held === found ? { ...held, sent: true } : held)));
    try {
      await found.send();
    } finally {
      this.#set(this.#held.filter((held) => held.id !== id));
    }
  }

  /** Sends all deletions now: the page is being left. */
  async flush(): Promise<void> {
    await Promise.all(this.#held.map(({ id }) => this.release(id)));
  }

  #set(held: readonly Held<Item>[]): void {
    this.#held = held;
    this.#listeners.forEach((listener) => listener());
  }
}
