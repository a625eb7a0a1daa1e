import { beforeEach, describe, expect, it, vi } from "vitest";
import { ServiceError } from "@/lib/service-error";
import type { Task } from "@/lib/tasks-api/client";
import { SessionEndedError } from "@/lib/token-cache";
import { draftsFor, Drafts, endDrafts } from "./drafts";

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
    endDrafts(true);
    drafts = draftsFor("ann");
    return () => vi.unstubAllGlobals();
  });

  function typeAll(): void {
    drafts.type(milk);
    drafts.edit(a);
    drafts.typeInto(tea);
  }

  it("survive a session and a reload, for the same user", () => {
    typeAll();
    endDrafts(false);
    for (const back of [draftsFor("ann"), new Drafts("ann")]) {
      expect(back.next()).toEqual(milk);
      expect(back.editing()).toEqual({ task: a, typed: tea });
    }
  });

  it.each([
    ["a sign-out", () => endDrafts(true)],
    ["a sign-out after a reload", () => void (endDrafts(true), endDrafts(true))],
    ["a different user", () => void draftsFor("bob")],
  ])("do not survive %s", (_, end) => {
    typeAll();
    end();
    // E.g. from a tab that is still open.
    drafts.type(bread);
    for (const back of [draftsFor("ann"), new Drafts("ann")]) {
      expect(back.next()).toBeNull();
      expect(back.editing()).toBeNull();
    }
  });

  it("work without storage", () => {
    const blocked = () => {
      throw new Error("blocked");
    };
    vi.stubGlobal("sessionStorage", { getItem: blocked, setItem: blocked, removeItem: blocked });
    typeAll();
    expect(drafts.next()).toEqual(milk);
    expect(drafts.editing()).toEqual({ task: a, typed: tea });
    endDrafts(true);
    expect(draftsFor("ann").next()).toBeNull();
  });

  it("do not reopen an editor without changes", () => {
    drafts.edit(a);
    expect(new Drafts("ann").editing()).toBeNull();
    expect(drafts.typeInto(tea)).toEqual({ task: a, typed: tea });
    expect(new Drafts("ann").editing()).toEqual({ task: a, typed: tea });
  });

  it("return unsent tasks one by one, after the one that is being typed", async () => {
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

  it("keep failed changes and drop successful ones", async () => {
    await drafts.adding(milk, Promise.resolve());
    await drafts.changing({ task: a, typed: tea }, Promise.resolve());
    expect(drafts.next()).toBeNull();
    expect(drafts.editing()).toBeNull();
    await drafts.adding(bread, Promise.reject(new ServiceError(503, "", ""))).catch(() => {});
    await drafts.changing({ task: a, typed: tea }, Promise.reject(new ServiceError(0, "", ""))).catch(() => {});
    expect(drafts.next()).toBe(bread);
    expect(drafts.editing()).toEqual({ task: a, typed: tea });
  });

  it("open the edit of a task that was deleted elsewhere before other edits", async () => {
    drafts.edit(task("b"));
    const gone = Promise.reject(new ServiceError(404, "", ""));
    await drafts.changing({ task: a, typed: tea }, gone).catch(() => {});
    expect(drafts.editing()).toEqual({ task: a, typed: tea });
  });

  it("keep pending changes once when the session ends", async () => {
    let fail = (_: Error) => {};
    const failing = drafts.adding(milk, new Promise<never>((_, reject) => (fail = reject)));
    void drafts.adding(bread, never);
    void drafts.changing({ task: a, typed: tea }, never);
    endDrafts(false);
    fail(new SessionEndedError());
    await failing.catch(() => {});
    expect(drafts.next()).toBe(milk);
    drafts.type(null);
    expect(drafts.next()).toBe(bread);
    drafts.type(null);
    expect(drafts.next()).toBeNull();
    expect(drafts.editing()).toEqual({ task: a, typed: tea });
  });

  it("open unsent edits one after another, and drop cancelled ones", async () => {
    void drafts.changing({ task: a, typed: tea }, never);
    void drafts.changing({ task: task("b"), typed: milk }, never);
    endDrafts(false);
    expect(drafts.editing()?.task.id).toBe("a");
    expect(drafts.edit(null)?.task.id).toBe("b");
    expect(drafts.edit(null)).toBeNull();
    expect(drafts.edit(a)?.typed).toEqual({});
  });
});
