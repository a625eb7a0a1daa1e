import { describe, expect, it, vi } from "vitest";
import { PendingDeletes } from "./pending-deletes";

const a = { id: "a" };
const b = { id: "b" };

function holding() {
  const send = vi.fn(async (_item: { id: string }) => {});
  const deletes = new PendingDeletes();
  for (const item of [a, b]) {
    deletes.hold(item, () => send(item));
  }
  return { deletes, send };
}

describe("PendingDeletes", () => {
  it("sends what is released, once", async () => {
    const { deletes, send } = holding();
    deletes.hold(a, () => send(a));
    expect(deletes.all()).toHaveLength(2);
    await Promise.all([deletes.release("a"), deletes.release("a")]);
    expect(send).toHaveBeenCalledExactlyOnceWith(a);
    expect(deletes.all()).toMatchObject([{ item: b, sent: false }]);
  });

  it("never sends what was undone", async () => {
    const { deletes, send } = holding();
    expect(deletes.undo()).toBe(b);
    expect(deletes.undo("nobody")).toBeUndefined();
    await deletes.release("b");
    await deletes.flush();
    expect(send).toHaveBeenCalledExactlyOnceWith(a);
  });

  it("sends everything at once when the page is left", async () => {
    const { deletes, send } = holding();
    await deletes.flush();
    expect(send).toHaveBeenCalledTimes(2);
  });

  it("undoes nothing whose request is in flight, and holds it until that is answered", async () => {
    let settle = () => {};
    const deletes = new PendingDeletes();
    deletes.hold(a, () => new Promise<void>((resolve) => (settle = resolve)));
    const released = deletes.release("a");
    expect(deletes.undo("a")).toBeUndefined();
    expect(deletes.all()).toMatchObject([{ item: a, sent: true }]);
    settle();
    await released;
    expect(deletes.all()).toEqual([]);
  });
});
