import { describe, expect, it } from "vitest";
import { parseFilters, matchesFilters, NO_FILTERS, filterQuery } from "./filters";

describe("filters in the URL", () => {
  it("survive a round trip", () => {
    const filters = { status: "pending", priority: "high", search: "a & b=?" } as const;
    expect(parseFilters(new URLSearchParams(filterQuery(filters)))).toEqual(filters);
    expect(filterQuery(NO_FILTERS)).toBe("");
  });

  it("are ignored if they are invalid", () => {
    expect(parseFilters(new URLSearchParams("status=done&priority=9"))).toEqual(NO_FILTERS);
    expect(parseFilters(new URLSearchParams(`search=${"x".repeat(200)}`)).search).toHaveLength(100);
  });
});

describe("matchesFilters", () => {
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

  it("applies every filter", () => {
    expect(matchesFilters(task, NO_FILTERS)).toBe(true);
    expect(matchesFilters(task, { status: "pending", priority: "high", search: "LITRE" })).toBe(true);
    expect(matchesFilters(task, { ...NO_FILTERS, status: "completed" })).toBe(false);
    expect(matchesFilters(task, { ...NO_FILTERS, priority: "low" })).toBe(false);
    expect(matchesFilters(task, { ...NO_FILTERS, search: "bread" })).toBe(false);
  });
});
