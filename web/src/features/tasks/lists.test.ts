import { describe, expect, it } from "vitest";
import type { Task } from "@/lib/tasks-api/client";
import { NO_FILTERS } from "./filters";
import {
  addTask,
  changeTask,
  refreshPage,
  removeTask,
  applyTask,
  allTasks,
  temporaryId,
  type Page,
  type Pages,
} from "./lists";

function task(id: string, changes: Partial<Task> = {}): Task {
  return {
    id,
    user_id: "u",
    title: id,
    description: null,
    is_completed: false,
    priority: "medium",
    due_date: null,
    created_at: "",
    updated_at: "",
    ...changes,
  };
}

function page(ids: string, next_cursor: string | null, title?: string): Page {
  return { tasks: [...ids].map((id) => task(id, title ? { title } : {})), next_cursor, requestedAt: 0 };
}

/** Creates pages from the ids of their tasks. Each page except the last has a cursor. */
function pages(...lists: string[]): Pages {
  return {
    pages: lists.map((ids, index) => page(ids, index === lists.length - 1 ? null : `after ${ids.at(-1)}`)),
    pageParams: lists.map((_, index) => (index === 0 ? undefined : `after ${lists[index - 1]?.at(-1)}`)),
  };
}

const ids = (of: Pages) => of.pages.map(({ tasks }) => tasks.map(({ id }) => id).join("")).join(" ");
const shown = (of: Pages) =>
  allTasks(of)
    .map(({ id }) => id)
    .join("");

describe("lists in pages", () => {
  it("show the tasks of all pages", () => {
    expect(shown(pages("dc", "ba"))).toBe("dcba");
    expect(allTasks(undefined)).toEqual([]);
  });

  it("change only the page of the task; the others stay the same objects", () => {
    const before = pages("cb", "a");
    expect(ids(addTask(before, task("d")))).toBe("dcb a");
    expect(ids(removeTask(before, "a"))).toBe("cb ");
    const changed = changeTask(before, "a", (found) => ({ ...found, title: "new" }));
    expect(allTasks(changed).map(({ title }) => title)).toEqual(["c", "b", "new"]);
    expect(changed.pages[0]).toBe(before.pages[0]);
    expect(ids(before)).toBe("cb a");
  });
});

describe("a task from a response", () => {
  const open = { ...NO_FILTERS, status: "pending" as const };

  it("is replaced in place", () => {
    const taken = applyTask(pages("cb", "a"), task("a", { title: "new" }), NO_FILTERS);
    expect(allTasks(taken).at(-1)?.title).toBe("new");
  });

  it("is removed from a list whose filters it does not match", () => {
    expect(ids(applyTask(pages("cb", "a"), task("b", { is_completed: true }), open))).toBe("c a");
  });

  it("is inserted in order, if the list is loaded that far", () => {
    expect(ids(applyTask(pages("db", "a"), task("c"), open))).toBe("dcb a");
    expect(ids(applyTask(pages("dc", "b"), task("a"), open))).toBe("dc ba");
    const loaded = { pages: [page("dc", "after c")], pageParams: [undefined] };
    expect(ids(applyTask(loaded, task("a"), open))).toBe("dc");
    expect(ids(applyTask(addTask(pages("ca"), task(temporaryId())), task("b"), open))).toMatch(/cba$/);
  });
});

describe("a fresh page", () => {
  it("replaces the tasks that it covers and keeps those below", () => {
    const after = refreshPage(pages("fed", "cba"), 0, page("gfe", "after e", "new"));
    expect(ids(after)).toBe("gfed cba");
    expect(allTasks(after).map(({ title }) => title)).toEqual(["new", "new", "new", "d", "c", "b", "a"]);
    expect(after.pageParams).toEqual([undefined, "after d"]);
    expect(after.pages[0]?.next_cursor).toBe("after d");
  });

  it("removes deleted tasks and takes over tasks from the page below", () => {
    const after = refreshPage(pages("fed", "cba"), 0, page("fdc", "after c", "new"));
    expect(ids(after)).toBe("fdc ba");
    expect(after.pageParams).toEqual([undefined, "after c"]);
    expect(allTasks(after)[2]?.title).toBe("new");
  });

  it("in the middle does not change the pages above", () => {
    const after = refreshPage(pages("ih", "gf", "ed"), 1, page("ge", "after e"));
    expect(ids(after)).toBe("ih ge d");
    expect(after.pageParams).toEqual([undefined, "after h", "after e"]);
  });

  it("without a cursor ends the list", () => {
    const after = refreshPage(pages("dc", "ba"), 0, page("d", null));
    expect(ids(after)).toBe("d");
    expect(after.pageParams).toEqual([undefined]);
  });

  it("without any loaded task replaces the list, since there may be a gap", () => {
    expect(ids(refreshPage(pages("dc", "ba"), 0, page("hg", "after g")))).toBe("hg");
  });
});
