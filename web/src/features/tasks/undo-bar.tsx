import type { Task } from "@/lib/tasks-api/client";
import type { Held } from "./held-deletes";

interface Props {
  held: readonly Held<Task>[];
  failure: string;
  onUndo: (id: string) => void;
  onDismiss: () => void;
}

const TOAST =
  "pointer-events-auto flex w-full max-w-md items-center gap-3 rounded-xl border border-transparent bg-ink py-2 pr-2 pl-4 text-page shadow-lg";
const TOAST_BUTTON =
  "min-h-10 shrink-0 rounded-lg px-3 font-semibold underline outline-offset-[-4px] focus-visible:outline-current";

/** What happened and can be undone, and what did not work. */
export function UndoBar({ held, failure, onUndo, onDismiss }: Props) {
  return (
    <div className="pointer-events-none fixed inset-x-0 bottom-0 flex flex-col items-center gap-2 p-4">
      <div role="alert" className="contents">
        {failure && (
          <div className={TOAST}>
            <p className="flex-1">{failure}</p>
            <button type="button" className={TOAST_BUTTON} onClick={onDismiss}>
              Close
            </button>
          </div>
        )}
      </div>
      <div role="status" className="contents">
        {held
          .filter(({ sent }) => !sent)
          .map(({ id, item }) => (
            <div key={id} className={TOAST}>
              <p className="min-w-0 flex-1 truncate">Deleted “{item.title}”</p>
              <button type="button" className={TOAST_BUTTON} onClick={() => onUndo(id)}>
                Undo<span className="sr-only"> deleting {item.title}</span>
              </button>
            </div>
          ))}
      </div>
    </div>
  );
}
