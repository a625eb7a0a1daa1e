import { defaultRangeExtractor, useWindowVirtualizer, type Range } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type ReactNode, type RefObject } from "react";
import type { Task } from "@/lib/tasks-api/client";
import { Button } from "@/ui/button";
import { usePrinting } from "@/ui/use-printing";
import { isSaved } from "./lists";
import type { Edit } from "./task-form";
import { TaskRow, type TaskActions } from "./task-row";
import { focusTask } from "./use-shortcuts";
import { useToday } from "./use-today";

/** The height of a row with a one-line title, in pixels. Rows are measured when they are rendered. */
const ROW = 77;
/** Rows rendered above and below the viewport, so that moderate scrolling shows no gap. */
const OVERSCAN = 6;
/** The next page is loaded when this many rows remain, about two viewports. */
const NEAR_END = 30;

interface Props {
  actions: TaskActions;
  tasks: Task[];
  edited: Edit | null;
  hasMore: boolean;
  loadingMore: boolean;
  loadMore: () => void;
  /** Shown instead of the next page if that could not be loaded. */
  failure: ReactNode;
  /** Called with the ids of the first and the last visible task. */
  onShown: (first: string, last: string) => void;
  /** The task to focus as soon as its row is rendered. */
  wanted: string | null;
  onFocused: () => void;
}

/** Whether two lists contain the same tasks in the same order. */
function isSameOrder(one: readonly Task[], other: readonly Task[]): boolean {
  return one.length === other.length && one.every(({ id }, index) => id === other[index]?.id);
}

/** The distance of the list from the top of the page, in pixels. */
function useTop(list: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = () => setTop(list.current?.offsetTop ?? 0);
    measure();
    // Anything that appears above the list changes the height of the body.
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [list]);
  return top;
}

/** Renders the visible rows and loads more tasks near the end of the list. */
export function TaskList(props: Props) {
  const { tasks, edited, hasMore, loadingMore, loadMore, failure, onShown, wanted, onFocused, actions } = props;
  const list = useRef<HTMLUListElement>(null);
  const top = useTop(list);
  const today = useToday();
  const printing = usePrinting();
  const [focused, setFocused] = useState<string | null>(null);
  const place = useRef(-1);

  // Rows with the focus or an editor stay rendered outside the viewport, with their neighbours for the arrow shortcuts.
  const pinned = [focused, wanted, edited?.task.id]
    .map((id) => (id ? tasks.findIndex((task) => task.id === id) : -1))
    .filter((index) => index !== -1);
  const rangeExtractor = (range: Range) => {
    const indexes = new Set(defaultRangeExtractor(range));
    for (const index of pinned) {
      [index - 1, index, index + 1].filter((one) => one >= 0 && one < range.count).forEach((one) => indexes.add(one));
    }
    return [...indexes].sort((a, b) => a - b);
  };
  // The virtualizer recomputes all positions when `keyOf` changes, so it must not change with the content of a task.
  const [order, setOrder] = useState(tasks);
  if (order !== tasks && !isSameOrder(order, tasks)) {
    setOrder(tasks);
  }
  const keyOf = useCallback((index: number) => order[index]?.id ?? index, [order]);
  const rows = useWindowVirtualizer({
    count: tasks.length,
    estimateSize: () => ROW,
    getItemKey: keyOf,
    overscan: OVERSCAN,
    scrollMargin: top,
    rangeExtractor,
  });
  const { startIndex = 0, endIndex = 0 } = rows.range ?? {};
  const first = tasks[startIndex]?.id;
  const last = tasks[Math.min(endIndex, tasks.length - 1)]?.id;

  useEffect(() => {
    if (first && last) {
      onShown(first, last);
    }
  }, [first, last, onShown]);

  const nearEnd = endIndex >= tasks.length - NEAR_END;
  useEffect(() => {
    if (hasMore && nearEnd && !loadingMore) {
      loadMore();
    }
  });

  useEffect(() => {
    if (wanted && focusTask(wanted)) {
      onFocused();
    }
  });

  useEffect(() => {
    // The focused row is gone. Focuses the row in its place instead of the top of the page.
    const next = tasks[Math.min(place.current, tasks.length - 1)];
    if (next && focused && document.activeElement === document.body) {
      focusTask(next.id);
    }
  }, [tasks, focused]);

  const row = (task: Task, index: number) => ({
    task,
    today,
    edit: edited?.task.id === task.id ? edited : null,
    saving: !isSaved(task),
    position: index + 1,
    of: hasMore ? -1 : tasks.length,
    actions,
  });
  return (
    <>
      <ul
        ref={list}
        aria-label="Tasks"
        onFocus={(event) => {
          const id = event.target.closest<HTMLElement>("[data-task]")?.dataset.task ?? null;
          place.current = tasks.findIndex((task) => task.id === id);
          setFocused(id);
        }}
        onBlur={(event) => event.relatedTarget && setFocused(null)}
        style={printing ? undefined : { height: rows.getTotalSize() }}
        className="relative box-content rounded-2xl border border-line bg-card"
      >
        {printing
          ? tasks.map((task, index) => <TaskRow key={task.id} {...row(task, index)} />)
          : rows.getVirtualItems().map(({ key, index, start }) => {
              const task = tasks[index];
              return (
                task && <TaskRow key={key} {...row(task, index)} measure={rows.measureElement} top={start - top} />
              );
            })}
      </ul>
      {failure}
      {hasMore && !failure && (
        <Button busy={loadingMore} onClick={loadMore} className="self-center print:hidden">
          {loadingMore ? "Loading…" : "Show more"}
        </Button>
      )}
      {hasMore && <p className="hidden print:block">Only the first {tasks.length} tasks are printed.</p>}
    </>
  );
}
