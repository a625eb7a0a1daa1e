import { beforeEach, describe, expect, it, vi } from "vitest";
import { ServiceError } from "@/lib/service-error";
import type { Task } from "@/lib/tasks-api/client";
import { SessionEndedError } from "@/lib/token-cache";
import { draftsFor, Drafts, leaveDrafts } from "./drafts";

const milk = { title: "Milk" };
const bread = { title: "Bread" };
const tea = { title: "Tea" };
const task = (id: string) => ({ id, title: "Before" }) as Task;
const a = task("a");
const never = new Promise<never>(() => {});

/** The storage of one tab. */
class Tab {
  readonly #items = new Map<string, string>();
  readonly getItem = (key: string) => this.#items.get(key) ?? null;
  readonly setItem = (key: string, value: string) => void this.#items.set(key, value);
  readonly removeItem = (key: string) => void this.#items.delete(key);
}

describe("Drafts", () => {
  let drafts: Drafts;
  beforeEach(() => {
    vi.stubGlobal("sessionStorage", new Tab());
    leaveDrafts(true);
    drafts = draftsFor("ann");
    return () => vi.unstubAllGlobals();
  });

  function typeAll(): void {
    drafts.type(milk);
    drafts.edit(a);
    drafts.typeInto(tea);
  }

  it("outlive a session and a reload, for the same user", () => {
    typeAll();
    leaveDrafts(false);
    for (const back of [draftsFor("ann"), new Drafts("ann")]) {
      expect(back.next()).toEqual(milk);
      expect(back.editing()).toEqual({ task: a, typed: tea });
    }
  });

  it.each([
    ["a sign-out", () => leaveDrafts(true)],
    ["a sign-out after a reload", () => void (leaveDrafts(true), leaveDrafts(true))],
    ["somebody else", () => void draftsFor("bob")],
  ])("do not outlive %s", (_, end) => {
    typeAll();
    end();
    // From a tab that was left behind, for example.
    drafts.type(bread);
    for (const back of [draftsFor("ann"), new Drafts("ann")]) {
      expect(back.next()).toBeNull();
      expect(back.editing()).toBeNull();
    }
  });

  it("are as before where storage is forbidden", () => {
    const forbidden = () => {
      throw new Error("forbidden");
    };
    vi.stubGlobal("sessionStorage", { getItem: forbidden, setItem: forbidden, removeItem: forbidden });
    typeAll();
    expect(drafts.next()).toEqual(milk);
    expect(drafts.editing()).toEqual({ task: a, typed: tea });
    leaveDrafts(true);
    expect(draftsFor("ann").next()).toBeNull();
  });

  it("do not open an editor again that was only looked at", () => {
    drafts.edit(a);
    expect(new Drafts("ann").editing()).toBeNull();
    expect(drafts.typeInto(tea)).toEqual({ task: a, typed: tea });
    expect(new Drafts("ann").editing()).toEqual({ task: a, typed: tea });
  });

  it("give lost tasks back one by one, after the one that is being typed", async () => {
    await expect(drafts.adding(milk, Promise.reject(new SessionEndedError()))).rejects.toThrow(SessionEndedError);
    await drafts.adding(bread, Promise.reject(new SessionEndedError())).catch(() => {});
    drafts.type(tea);
    expect(drafts.next()).toEqual(tea);
    drafts.type(null);
    expect(drafts.next()).toBe(milk);
    expect(drafts.next()).toBe(milk);
    drafts.type(null);
    expect(drafts.next()).toBe(bread);
  });

  it("keep what was refused, and nothing that arrived", async () => {
    await drafts.adding(milk, Promise.resolve());
    await drafts.changing({ task: a, typed: tea }, Promise.resolve());
    expect(drafts.next()).toBeNull();
    expect(drafts.editing()).toBeNull();
    await drafts.adding(bread, Promise.reject(new ServiceError(503, "", ""))).catch(() => {});
    await drafts.changing({ task: a, typed: tea }, Promise.reject(new ServiceError(0, "", ""))).catch(() => {});
    expect(drafts.next()).toBe(bread);
    expect(drafts.editing()).toEqual({ task: a, typed: tea });
  });

  it("open the edit of a task that was deleted elsewhere, before another one", async () => {
    drafts.edit(task("b"));
    const gone = Promise.reject(new ServiceError(404, "", ""));
    await drafts.changing({ task: a, typed: tea }, gone).catch(() => {});
    expect(drafts.editing()).toEqual({ task: a, typed: tea });
  });

  it("keep what still waits when the session ends, once", async () => {
    let fail = (_: Error) => {};
    const failing = drafts.adding(milk, new Promise<never>((_, reject) => (fail = reject)));
    void drafts.adding(bread, never);
    void drafts.changing({ task: a, typed: tea }, never);
    leaveDrafts(false);
    fail(new SessionEndedError());
    await failing.catch(() => {});
    expect(drafts.next()).toBe(milk);
    drafts.type(null);
    expect(drafts.next()).toBe(bread);
    drafts.type(null);
    expect(drafts.next()).toBeNull();
    expect(drafts.editing()).toEqual({ task: a, typed: tea });
  });

  it("open one lost edit after another, and drop what is cancelled", async () => {
    void drafts.changing({ task: a, typed: tea }, never);
    void drafts.changing({ task: task("b"), typed: milk }, never);
    leaveDrafts(false);
    expect(drafts.editing()?.task.id).toBe("a");
    expect(drafts.edit(null)?.task.id).toBe("b");
    expect(drafts.edit(null)).toBeNull();
    expect(drafts.edit(a)?.typed).toEqual({});
  });
});
