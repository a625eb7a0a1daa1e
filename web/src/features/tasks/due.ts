const pad = (number: number, digits = 2) => String(number).padStart(digits, "0");

/** A date input's text for a moment, in the person's own time zone. */
export function dayOf(moment: string | Date): string {
  const date = new Date(moment);
  return `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** The last second of a day: who is due on Friday has all of Friday. Null for an empty or an unfinished date. */
export function endOfDay(day: string): string | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!parts) {
    return null;
  }
  const end = new Date(0);
  end.setFullYear(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]));
  end.setHours(23, 59, 59, 0);
  return end.toISOString();
}

/** How a due date is shown, and whether it is over: nothing is for what is done. */
export function dueLabel(due: string, now: Date, done = false): { text: string; over: boolean } {
  const tomorrow = new Date(now);
  tomorrow.setDate(now.getDate() + 1);
  const day = dayOf(due);
  const over = !done && new Date(due) < now;
  if (day === dayOf(now)) {
    return { text: "Today", over };
  }
  if (day === dayOf(tomorrow)) {
    return { text: "Tomorrow", over };
  }
  const date = new Date(due);
  const year = date.getFullYear() === now.getFullYear() ? {} : { year: "numeric" as const };
  const text = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", ...year }).format(date);
  return { text: over ? `Overdue, ${text}` : text, over };
}
