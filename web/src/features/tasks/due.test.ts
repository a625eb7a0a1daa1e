import { afterEach, describe, expect, it } from "vitest";
import { dayOf, dueDay, dueLabel, dueOn } from "./due";

describe("a due date", () => {
  const zone = process.env.TZ;
  afterEach(() => {
    process.env.TZ = zone;
  });

  it.each(["Pacific/Kiritimati", "Europe/Berlin", "UTC", "America/Los_Angeles", "Pacific/Pago_Pago"])(
    "is the same day in %s as where it was set",
    (reader) => {
      process.env.TZ = reader;
      expect(dueDay(dueOn("2026-11-21") ?? "")).toBe("2026-11-21");
      expect(dueDay("2026-11-21T23:59:59.000000Z")).toBe("2026-11-21");
    },
  );

  it("that an API client set to a time is the day of that time in the reader's time zone", () => {
    process.env.TZ = "America/Los_Angeles";
    expect(dueDay("2026-11-21T06:00:00Z")).toBe("2026-11-20");
    process.env.TZ = "Europe/Berlin";
    expect(dueDay("2026-11-21T22:59:59Z")).toBe("2026-11-21");
    expect(dueDay("2026-11-21T23:00:00Z")).toBe("2026-11-22");
  });

  it("is null while it is incomplete", () => {
    expect(dueOn("")).toBeNull();
    expect(dueOn("2026-11")).toBeNull();
  });
});

describe("the label of a due date", () => {
  const label = (day: string, today: string, completed = false) => dueLabel(dueOn(day) ?? "", today, completed);

  it("names today and tomorrow", () => {
    expect(label("2026-11-21", "2026-11-21")).toEqual({ text: "Today", overdue: false });
    expect(label("2026-12-01", "2026-11-30")).toEqual({ text: "Tomorrow", overdue: false });
  });

  it("reports overdue after the day is over, but not for a completed task", () => {
    expect(label("2026-11-03", "2026-11-04").overdue).toBe(true);
    expect(label("2026-11-03", "2026-11-04").text).toMatch(/^Overdue, /);
    expect(label("2026-11-03", "2026-11-03").overdue).toBe(false);
    expect(label("2026-11-03", "2026-11-04", true).overdue).toBe(false);
  });

  it("includes the year if it is not the current one", () => {
    expect(label("2027-01-03", "2026-11-21").text).toMatch(/2027/);
    expect(label("2026-12-03", "2026-11-21").text).not.toMatch(/2026/);
  });
});

describe("a day", () => {
  it("is the reader's", () => {
    expect(dayOf(new Date(2026, 10, 1, 0, 0, 1))).toBe("2026-11-01");
  });
});
