import { describe, expect, it } from "vitest";
import { dayOf, dueLabel, endOfDay } from "./due";

describe("due dates", () => {
  it("last until the day is over, here", () => {
    const due = endOfDay("2026-11-21");
    expect(due).not.toBeNull();
    expect(dayOf(due ?? "")).toBe("2026-11-21");
    expect(new Date(due ?? "").getHours()).toBe(23);
  });

  it("are none when unfinished", () => {
    expect(endOfDay("")).toBeNull();
    expect(endOfDay("2026-11")).toBeNull();
  });

  it("are told as people say them", () => {
    const now = new Date(2026, 10, 21, 12);
    expect(dueLabel(new Date(2026, 10, 21, 23).toISOString(), now)).toEqual({ text: "Today", over: false });
    expect(dueLabel(new Date(2026, 10, 22, 23).toISOString(), now)).toEqual({ text: "Tomorrow", over: false });
    expect(dueLabel(new Date(2026, 10, 3, 23).toISOString(), now)).toEqual({ text: "Overdue, 3 Nov", over: true });
    expect(dueLabel(new Date(2026, 10, 3, 23).toISOString(), now, true)).toEqual({ text: "3 Nov", over: false });
    expect(dueLabel(new Date(2027, 0, 3, 23).toISOString(), now).text).toBe("3 Jan 2027");
  });
});
