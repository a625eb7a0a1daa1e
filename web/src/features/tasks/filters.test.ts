import { describe, expect, it } from "vitest";
import { filtersOf, matches, NO_FILTERS, queryOf } from "./filters";

describe("filters in the address", () => {
  it("come back as they went", () => {
    const filters = { status: "pending", priority: "high", search: "a & b=?" } as const;
    expect(filtersOf(new URLSearchParams(queryOf(filters)))).toEqual(filters);
    expect(queryOf(NO_FILTERS)).toBe("");
  });

  it("count for nothing when they make no sense", () => {
    expect(filtersOf(new URLSearchParams("status=done&priority=9"))).toEqual(NO_FILTERS);
    expect(filtersOf(new URLSearchParams(`search=${"x".repeat(200)}`)).search).toHaveLength(100);
  });
});

describe("matches", () => {
  const task = {
    id: "1",
    user_id: "u",
    title: "Buy Milk",
    description: "two litres",
    is_completed: false,
    priority: "high",
    due_date: null,
    created_at: "",
    updated_at: "",
  } as const;

  it("looks at every filter", () => {
    expect(matches(task, NO_FILTERS)).toBe(true);
    expect(matches(task, { status: "pending", priority: "high", search: "LITRE" })).toBe(true);
    expect(matches(task, { ...NO_FILTERS, status: "completed" })).toBe(false);
    expect(matches(task, { ...NO_FILTERS, priority: "low" })).toBe(false);
    expect(matches(task, { ...NO_FILTERS, search: "bread" })).toBe(false);
  });
});
