import { useQuery } from "@tanstack/react-query";
import { isNotFound } from "@/lib/service-error";
import { callTasks, type Task } from "@/lib/tasks-api/client";
import type { Edit, TaskForm } from "./task-form";
import { TaskEditor } from "./task-editor";
import { ME } from "./use-tasks";

interface Props {
  userId: string;
  edit: Edit;
  onType: (typed: Partial<TaskForm>) => void;
  onSave: (typed: Partial<TaskForm>, task: Task | null) => void;
  onCancel: () => void;
}

/**
 * The editor of a task that the list does not show because it was deleted elsewhere, no longer matches the filters, or
 * is not loaded. It keeps the input when the row disappears.
 */
export function DetachedEditor({ userId, edit, onType, onSave, onCancel }: Props) {
  const { id } = edit.task;
  const { data, error } = useQuery({
    queryKey: ["task", userId, id],
    queryFn: ({ signal }) =>
      callTasks((api) =>
        api.GET("/api/{user_id}/tasks/{task_id}", { params: { path: { ...ME, task_id: id } }, signal }),
      ),
  });
  const task = isNotFound(error) ? null : (data ?? edit.task);
  return (
    <section aria-label="Unsaved changes" className="rounded-2xl border border-line bg-card p-4">
      <TaskEditor edit={edit} task={task} onType={onType} onSave={(typed) => onSave(typed, task)} onCancel={onCancel} />
    </section>
  );
}
