import { useEffect, useRef } from "react";
import { Button } from "@/ui/button";
import type { DiscardPrompt } from "./use-task-actions";

interface Props {
  discarding: DiscardPrompt;
  /** Called when the dialog has closed. */
  onAnswer: (discard: boolean) => void;
}

/** Asks before unsaved changes are discarded. */
export function DiscardDialog({ discarding, onAnswer }: Props) {
  const { unsaved, notAdded } = discarding;
  const dialog = useRef<HTMLDialogElement>(null);
  const discard = useRef(false);

  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  return (
    // Closed before it is unmounted, so that the browser restores the focus.
    <dialog
      ref={dialog}
      aria-labelledby="discard-title"
      onClose={() => onAnswer(discard.current)}
      className="m-auto w-[min(26rem,calc(100vw-2rem))] rounded-2xl border border-line bg-card p-6 text-ink backdrop:bg-black/50"
    >
      <h2 id="discard-title" className="mb-1 text-lg font-bold">
        Discard unsaved changes?
      </h2>
      <p className="mb-4 text-soft wrap-anywhere">
        {unsaved === undefined ? "You have not added" : "You have not saved your changes to"} “
        <bdi>{unsaved ?? notAdded}</bdi>”.
      </p>
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={() => dialog.current?.close()}>Keep editing</Button>
        <Button
          variant="danger"
          onClick={() => {
            discard.current = true;
            dialog.current?.close();
          }}
        >
          Discard
        </Button>
      </div>
    </dialog>
  );
}
