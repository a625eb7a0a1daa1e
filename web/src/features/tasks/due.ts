const pad = (number: number, digits = 2) => String(number).padStart(digits, "0");

/** The time that represents a whole day: its last second, in UTC. */
const END_OF_DAY = "T23:59:59Z";
const A_DAY = /^\d{4}-\d{2}-\d{2}$/;
const WHOLE_DAY = /^(\d{4}-\d{2}-\d{2})T23:59:59(?:\.0+)?(?:Z|[+-]00:00)$/;

/** Returns the calendar day of a time in the reader's time zone, as the value of a date input. */
export function dayOf(moment: Date): string {
  return `${pad(moment.getFullYear(), 4)}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}`;
}

/**
 * Returns the day that a task is due. A due date set on this page is the same day in every time zone. A due date that
 * an API client set to a time is the day of that time in the reader's time zone.
 */
export function dueDay(due: string): string {
  return WHOLE_DAY.exec(due)?.[1] ?? dayOf(new Date(due));
}

/** Returns the `due_date` that represents a day. Null for an empty or incomplete date. */
export function dueOn(day: string): string | null {
  return A_DAY.test(day) ? day + END_OF_DAY : null;
}

/** Returns the following day. */
function nextDay(day: string): string {
  const next = new Date(`${day}T00:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, day.length);
}

/** Returns the label of a due date on the day `today`, and whether it is overdue. A completed task is never overdue. */
export function dueLabel(due: string, today: string, completed = false): { text: string; overdue: boolean } {
  const day = dueDay(due);
  const overdue = !completed && day < today;
  if (day === today) {
    return { text: "Today", overdue };
  }
  if (day === nextDay(today)) {
    return { text: "Tomorrow", overdue };
  }
  const year = day.slice(0, 4) === today.slice(0, 4) ? {} : { year: "numeric" as const };
  // The day has no time zone. Formatting it in UTC keeps it the same day.
  const format = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC", ...year });
  const text = format.format(new Date(`${day}T12:00:00Z`));
  return { text: overdue ? `Overdue, ${text}` : text, overdue };
}
