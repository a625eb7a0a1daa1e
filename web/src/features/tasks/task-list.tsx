import { useEffect, useRef } from "react";
import type { Task } from "@/lib/tasks-api/client";
import { Button } from "@/ui/button";
import { TaskRow, type TaskActions } from "./task-row";
import { isNamed } from "./use-task-changes";

interface Props extends TaskActions {
  tasks: Task[];
  editing: string | null;
  hasMore: boolean;
  loadingMore: boolean;
  loadMore: () => void;
}

/** The rows, and more of them as one comes near the end. */
export function TaskList({ tasks, editing, hasMore, loadingMore, loadMore, ...actions }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const end = useRef<HTMLDivElement>(null);
  const focused = useRef(-1);

  useEffect(() => {
    if (!end.current || !hasMore) {
      return;
    }
    const near = new IntersectionObserver(([entry]) => entry?.isIntersecting && loadMore(), { rootMargin: "400px" });
    near.observe(end.current);
    return () => near.disconnect();
  }, [hasMore, loadMore, tasks.length]);

  useEffect(() => {
    // The row with the focus is gone: the focus goes to the one in its place, not to the top of the page.
    if (focused.current >= 0 && document.activeElement === document.body) {
      const titles = list.current?.querySelectorAll<HTMLElement>("[data-title]") ?? [];
      titles[Math.min(focused.current, titles.length - 1)]?.focus();
    }
  }, [tasks]);

  return (
    <>
      <ul
        ref={list}
        aria-label="Tasks"
        onFocus={(event) => {
          const row = event.target.closest("[data-task]");
          focused.current = row ? [...(list.current?.children ?? [])].indexOf(row) : -1;
        }}
        onBlur={(event) => {
          if (event.relatedTarget) {
            focused.current = -1;
          }
        }}
        className="rounded-2xl border border-line bg-card"
      >
        {tasks.map((task) => (
          <TaskRow key={task.id} task={task} editing={editing === task.id} saving={!isNamed(task)} {...actions} />
        ))}
      </ul>
      <div ref={end} />
      {hasMore && (
        <Button busy={loadingMore} onClick={loadMore} className="self-center">
          {loadingMore ? "Loading…" : "Show more"}
        </Button>
      )}
    </>
  );
}
