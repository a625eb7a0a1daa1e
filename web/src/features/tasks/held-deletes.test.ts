import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HeldDeletes, HOLD } from "./held-deletes";

const a = { id: "a" };
const b = { id: "b" };

describe("HeldDeletes", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("sends after the hold, not before, and once", async () => {
    const send = vi.fn(async (_item: { id: string }) => {});
    const deletes = new HeldDeletes();
    deletes.hold(a, () => send(a));
    deletes.hold(a, () => send(a));
    await vi.advanceTimersByTimeAsync(HOLD - 1);
    expect(send).not.toHaveBeenCalled();
    expect(deletes.all()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(send).toHaveBeenCalledExactlyOnceWith(a);
    expect(deletes.all()).toEqual([]);
  });

  it("never sends what was undone", async () => {
    const send = vi.fn(async (_item: { id: string }) => {});
    const deletes = new HeldDeletes();
    deletes.hold(a, () => send(a));
    deletes.hold(b, () => send(b));
    expect(deletes.undo()).toBe(b);
    expect(deletes.undo("nobody")).toBeUndefined();
    await vi.advanceTimersByTimeAsync(HOLD * 2);
    expect(send).toHaveBeenCalledExactlyOnceWith(a);
  });

  it("sends everything at once when the page is left", async () => {
    const send = vi.fn(async (_item: { id: string }) => {});
    const deletes = new HeldDeletes();
    deletes.hold(a, () => send(a));
    deletes.hold(b, () => send(b));
    await deletes.flush();
    await vi.advanceTimersByTimeAsync(HOLD * 2);
    expect(send).toHaveBeenCalledTimes(2);
  });

  it("undoes nothing that is on its way, and hides it until it is settled", async () => {
    let settle = () => {};
    const deletes = new HeldDeletes();
    deletes.hold(a, () => new Promise<void>((resolve) => (settle = resolve)));
    await vi.advanceTimersByTimeAsync(HOLD);
    expect(deletes.undo("a")).toBeUndefined();
    expect(deletes.all()).toMatchObject([{ item: a, sent: true }]);
    settle();
    await vi.advanceTimersByTimeAsync(0);
    expect(deletes.all()).toEqual([]);
  });
});
