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

const TITLE = "[data-title]";

/** The id of the task that has the focus. */
export function focusedTask(): string | undefined {
  return document.activeElement?.closest<HTMLElement>("[data-task]")?.dataset.task;
}

/** Gives the focus to a task; false if its row is not rendered. */
export function focusTask(id: string): boolean {
  const title = document.querySelector<HTMLElement>(`[data-task="${CSS.escape(id)}"] ${TITLE}`);
  title?.focus();
  return title !== null;
}

/** Moves the focus along the tasks, from the one that has it, or to the first one in the window. */
export function moveFocus(tasks: readonly { id: string }[], by: 1 | -1): void {
  const at = tasks.findIndex(({ id }) => id === focusedTask());
  const next = tasks[at + by];
  if (at !== -1 && next) {
    focusTask(next.id);
  } else if (at === -1) {
    const titles = [...document.querySelectorAll<HTMLElement>(TITLE)];
    titles.find((title) => title.getBoundingClientRect().top >= 0)?.focus();
  }
}

/** Keys that may be held down: they only move. Any other would do again and again what was meant once. */
const REPEATING: ReadonlySet<string> = new Set(["j", "k"]);

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
      if (!event.repeat || REPEATING.has(key)) {
        latest.current(key);
      }
    }
    document.addEventListener("keydown", heard);
    return () => document.removeEventListener("keydown", heard);
  }, [on]);
}
