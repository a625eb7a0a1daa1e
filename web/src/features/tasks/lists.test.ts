import { describe, expect, it } from "vitest";
import type { Task } from "@/lib/tasks-api/client";
import { addTask, changeTask, removeTask, tasksOf, type Pages } from "./lists";

function task(id: string): Task {
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
  };
}

function pages(...lists: string[][]): Pages {
  return {
    pages: lists.map((ids) => ({ tasks: ids.map(task), next_cursor: null })),
    pageParams: lists.map(() => undefined),
  };
}

const ids = (of: Pages) => tasksOf(of).map(({ id }) => id);

describe("lists in pages", () => {
  it("show a task once, though it stands on two pages", () => {
    expect(ids(pages(["c", "b"], ["b", "a"]))).toEqual(["c", "b", "a"]);
    expect(tasksOf(undefined)).toEqual([]);
  });

  it("are changed on the page where the task stands, and the old ones stay as they were", () => {
    const before = pages(["c", "b"], ["a"]);
    expect(ids(addTask(before, task("d")))).toEqual(["d", "c", "b", "a"]);
    expect(ids(removeTask(before, "a"))).toEqual(["c", "b"]);
    const changed = changeTask(before, "a", (found) => ({ ...found, title: "new" }));
    expect(tasksOf(changed).map(({ title }) => title)).toEqual(["c", "b", "new"]);
    expect(ids(before)).toEqual(["c", "b", "a"]);
  });
});
