import { describe, expect, it, vi } from "vitest";
import { PendingDeletes } from "./pending-deletes";

const a = { id: "a" };
const b = { id: "b" };

function withTwoPending() {
  const send = vi.fn(async (_item: { id: string }) => {});
  const deletes = new PendingDeletes();
  for (const item of [a, b]) {
    deletes.add(item, () => send(item));
  }
  return { deletes, send };
}

describe("PendingDeletes", () => {
  it("sends a released deletion once", async () => {
    const { deletes, send } = withTwoPending();
    deletes.add(a, () => send(a));
    expect(deletes.all()).toHaveLength(2);
    await Promise.all([deletes.release("a"), deletes.release("a")]);
    expect(send).toHaveBeenCalledExactlyOnceWith(a);
    expect(deletes.all()).toMatchObject([{ item: b, sent: false }]);
  });

  it("never sends an undone deletion", async () => {
    const { deletes, send } = withTwoPending();
    expect(deletes.undo()).toBe(b);
    expect(deletes.undo("nobody")).toBeUndefined();
    await deletes.release("b");
    await deletes.flush();
    expect(send).toHaveBeenCalledExactlyOnceWith(a);
  });

  it("sends all deletions when the page is closed", async () => {
    const { deletes, send } = withTwoPending();
    await deletes.flush();
    expect(send).toHaveBeenCalledTimes(2);
  });

  it("cannot undo a deletion in flight, and keeps it until the response", async () => {
    let settle = () => {};
    const deletes = new PendingDeletes();
    deletes.add(a, () => new Promise<void>((resolve) => (settle = resolve)));
    const released = deletes.release("a");
    expect(deletes.undo("a")).toBeUndefined();
    expect(deletes.all()).toMatchObject([{ item: a, sent: true }]);
    settle();
    await released;
    expect(deletes.all()).toEqual([]);
  });
});
