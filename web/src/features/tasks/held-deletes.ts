/** How long a deletion can be undone, in milliseconds. */
export const HOLD = 5_000;

/** A deletion that was not sent yet, or is on its way. */
export interface Held<Item> {
  id: string;
  item: Item;
  sent: boolean;
  /** Deletes for good. It deals with its own failures. */
  send: () => Promise<void>;
}

/** Holds deletions back for a while, so that they can be undone without the service ever hearing of them. */
export class HeldDeletes<Item extends { id: string }> {
  #held: readonly Held<Item>[] = [];
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #listeners = new Set<() => void>();

  /** What is held, oldest first; the same array until it changes. */
  readonly all = (): readonly Held<Item>[] => this.#held;

  /** Calls when something changes; the answer stops it. */
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
    this.#timers.set(
      item.id,
      setTimeout(() => void this.#send(item.id), HOLD),
    );
  }

  /** Takes back a deletion; the last one unless told which. Nothing happens when it is on its way already. */
  undo(id = this.#held.findLast(({ sent }) => !sent)?.id): Item | undefined {
    const found = this.#held.find((held) => held.id === id && !held.sent);
    if (!found) {
      return undefined;
    }
    this.#stop(found.id);
    this.#set(this.#held.filter((held) => held !== found));
    return found.item;
  }

  /** Sends everything now: the page is being left. */
  async flush(): Promise<void> {
    await Promise.all(this.#held.filter(({ sent }) => !sent).map(({ id }) => this.#send(id)));
  }

  async #send(id: string): Promise<void> {
    this.#stop(id);
    const found = this.#held.find((held) => held.id === id);
    if (!found) {
      return;
    }
    this.#set(this.#held.map((held) => (held.id === id ? { ...held, sent: true } : held)));
    try {
      await found.send();
    } finally {
      this.#set(this.#held.filter((held) => held.id !== id));
    }
  }

  #stop(id: string): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  #set(held: readonly Held<Item>[]): void {
    this.#held = held;
    this.#listeners.forEach((listener) => listener());
  }
}
