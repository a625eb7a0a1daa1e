/** A deletion that can be undone or whose request is in flight. */
export interface PendingDelete<Item> {
  id: string;
  item: Item;
  sent: boolean;
  /** Sends the deletion. Handles its own errors. */
  send: () => Promise<void>;
}

/** Delays deletions until they are released, so that they can be undone without a request. */
export class PendingDeletes<Item extends { id: string }> {
  #pending: readonly PendingDelete<Item>[] = [];
  readonly #listeners = new Set<() => void>();

  /** All pending deletions, oldest first. The array is the same object until it changes. */
  readonly all = (): readonly PendingDelete<Item>[] => this.#pending;

  /** Calls the listener on every change. Returns a function that unsubscribes. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Adds a deletion. */
  add(item: Item, send: () => Promise<void>): void {
    if (this.#pending.some(({ id }) => id === item.id)) {
      return;
    }
    this.#set([...this.#pending, { id: item.id, item, sent: false, send }]);
  }

  /** Undoes the last deletion, or the one with this id. Returns undefined if its request was already sent. */
  undo(id = this.#pending.findLast(({ sent }) => !sent)?.id): Item | undefined {
    const found = this.#pending.find((one) => one.id === id && !one.sent);
    if (!found) {
      return undefined;
    }
    this.#set(this.#pending.filter((one) => one !== found));
    return found.item;
  }

  /** Sends a deletion, unless it was undone or already sent. */
  async release(id: string): Promise<void> {
    const found = this.#pending.find((one) => one.id === id && !one.sent);
    if (!found) {
      return;
    }
    this.#set(this.#pending.map((one) => (one === found ? { ...one, sent: true } : one)));
    try {
      await found.send();
    } finally {
      this.#set(this.#pending.filter((one) => one.id !== id));
    }
  }

  /** Sends all deletions now, e.g. because the page is being closed. */
  async flush(): Promise<void> {
    await Promise.all(this.#pending.map(({ id }) => this.release(id)));
  }

  #set(pending: readonly PendingDelete<Item>[]): void {
    this.#pending = pending;
    this.#listeners.forEach((listener) => listener());
  }
}
