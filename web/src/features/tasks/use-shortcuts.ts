import { useEffect, useRef } from "react";

/** The shortcuts with their labels, in display order. */
export const SHORTCUTS = [
  ["n", "New task"],
  ["/", "Search"],
  ["j", "Next task"],
  ["k", "Previous task"],
  ["x", "Mark as done or not done"],
  ["e", "Edit"],
  ["1", "High priority"],
  ["2", "Medium priority"],
  ["3", "Low priority"],
  ["d", "Delete"],
  ["u", "Undo delete"],
  ["?", "Show shortcuts"],
] as const;

/** A key with a shortcut. */
export type Shortcut = (typeof SHORTCUTS)[number][0];

const TITLE = "[data-title]";

/** Returns the id of the focused task. */
export function focusedTask(): string | undefined {
  return document.activeElement?.closest<HTMLElement>("[data-task]")?.dataset.task;
}

/** Focuses a task. Returns false if its row is not rendered. */
export function focusTask(id: string): boolean {
  const title = document.querySelector<HTMLElement>(`[data-task="${CSS.escape(id)}"] ${TITLE}`);
  title?.focus();
  return title !== null;
}

/** Moves the focus to the next or previous task, or to the first visible one if no task is focused. */
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

/** Shortcuts that repeat while the key is held down: those that only move the focus. */
const REPEATING: ReadonlySet<string> = new Set(["j", "k"]);

/** Whether keys enter text in the focused element. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input:not([type=checkbox]), textarea, select, dialog") !== null;
}

/** Handles shortcuts while they are enabled. */
export function useShortcuts(on: boolean, onShortcut: (key: Shortcut) => void): void {
  const latest = useRef(onShortcut);
  useEffect(() => {
    latest.current = onShortcut;
  });
  useEffect(() => {
    if (!on) {
      return;
    }
    function handle(event: KeyboardEvent) {
      const key = SHORTCUTS.find(([name]) => name === event.key)?.[0];
      if (!key || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
        return;
      }
      event.preventDefault();
      if (!event.repeat || REPEATING.has(key)) {
        latest.current(key);
      }
    }
    document.addEventListener("keydown", handle);
    return () => document.removeEventListener("keydown", handle);
  }, [on]);
}
