import type { ComponentProps } from "react";
import type { Priority } from "@/lib/tasks-api/client";

/** The labels of the priorities. */
export const PRIORITY_NAMES: Record<Priority, string> = { low: "Low", medium: "Medium", high: "High" };

interface Props extends ComponentProps<"select"> {
  label: string;
  /** The label of the option for any priority, if there is one. */
  anyName?: string;
}

/** Selects a priority. A native select works with every keyboard, screen reader and phone. */
export function PrioritySelect({ label, anyName, className = "", ...select }: Props) {
  return (
    <select
      {...select}
      aria-label={label}
      className={`min-h-11 rounded-lg border border-edge bg-card px-2 ${className}`}
    >
      {anyName && <option value="any">{anyName}</option>}
      <option value="high">{PRIORITY_NAMES.high}</option>
      <option value="medium">{PRIORITY_NAMES.medium}</option>
      <option value="low">{PRIORITY_NAMES.low}</option>
    </select>
  );
}
