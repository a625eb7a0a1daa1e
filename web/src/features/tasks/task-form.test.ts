import { describe, expect, it } from "vitest";
import type { Task } from "@/lib/tasks-api/client";
import { changesToSend, findConflicts, taskToForm, changedFields } from "./task-form";

const task: Task = {
  id: "a",
  user_id: "u",
  title: "Before",
  description: null,
  is_completed: false,
  priority: "medium",
  due_date: "2026-11-21T10:00:00Z",
  created_at: "",
  updated_at: "",
};

describe("a task's form", () => {
  it("sends only the changed fields", () => {
    expect(changesToSend(changedFields(taskToForm(task), task), task)).toEqual({});
    expect(changesToSend({ title: " Before " }, task)).toEqual({});
    expect(changesToSend({ title: "After ", description: "More", priority: "high" }, task)).toEqual({
      title: "After",
      description: "More",
      priority: "high",
    });
    expect(changesToSend({ description: "" }, { ...task, description: "Less" })).toEqual({ description: null });
  });

  it("keeps the time of a due date if its day does not change", () => {
    expect(changesToSend({ due: "2026-11-21" }, task)).toEqual({});
    expect(changesToSend({ due: "2026-11-22" }, task)).toEqual({ due_date: "2026-11-22T23:59:59Z" });
    expect(changesToSend({ due: "" }, task)).toEqual({ due_date: null });
  });

  it("conflicts in fields that were changed here and elsewhere to different values", () => {
    const edit = { task, typed: { title: "Mine", priority: "high" as const } };
    expect(findConflicts(edit, { ...task, description: "Theirs" })).toEqual([]);
    expect(findConflicts(edit, { ...task, title: "Theirs", priority: "high" })).toEqual(["title"]);
    expect(findConflicts(edit, { ...task, title: "Mine" })).toEqual([]);
  });
});
