import { useEffect, useRef } from "react";

/** The keys and what they do, in the order in which they are shown. */
export const SHORTCUTS = [
  ["n", "New task"],
  ["/", "Search"],
  ["j", "Next task"],
  ["k", "Task before"],
  ["x", "Done, or not"],
  ["e", "Edit"],
  ["1", "High priority"],
  ["2", "Medium priority"],
  ["3", "Low priority"],
  ["d", "Delete"],
  ["u", "Undo the deletion"],
  ["?", "These shortcuts"],
] as const;

/** A key that does something. */
export type Shortcut = (typeof SHORTCUTS)[number][0];

function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-task]")];
}

/** The row that has the focus. */
function focusedRow(): HTMLElement | null {
  return document.activeElement?.closest<HTMLElement>("[data-task]") ?? null;
}

/** The id of the task that has the focus. */
export function focusedTask(): string | undefined {
  return focusedRow()?.dataset.task;
}

/** Moves the focus along the list. */
export function moveFocus(by: 1 | -1): void {
  const all = rows();
  const row = focusedRow();
  const at = row ? all.indexOf(row) + by : 0;
  all[Math.max(0, Math.min(at, all.length - 1))]?.querySelector<HTMLElement>("[data-title]")?.focus();
}

/** Whether keys mean text where the focus is. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input:not([type=checkbox]), textarea, select, dialog") !== null;
}

/** Listens to the keys while they are switched on. */
export function useShortcuts(on: boolean, press: (key: Shortcut) => void): void {
  const latest = useRef(press);
  useEffect(() => {
    latest.current = press;
  });
  useEffect(() => {
    if (!on) {
      return;
    }
    function heard(event: KeyboardEvent) {
      const key = SHORTCUTS.find(([name]) => name === event.key)?.[0];
      if (!key || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
        return;
      }
      event.preventDefault();
      latest.current(key);
    }
    document.addEventListener("keydown", heard);
    return () => document.removeEventListener("keydown", heard);
  }, [on]);
}
