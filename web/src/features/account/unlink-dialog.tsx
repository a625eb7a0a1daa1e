import { useEffect, useRef } from "react";
import { Button } from "@/ui/button";

interface Props {
  /** The name of the provider. */
  name: string;
  /** Called when the dialog has closed. */
  onAnswer: (unlink: boolean) => void;
}

/** Asks before an account at a provider is unlinked. */
export function UnlinkDialog({ name, onAnswer }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const confirmed = useRef(false);

  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  return (
    // Closed before it is unmounted, so that the browser restores the focus.
    <dialog
      ref={dialog}
      aria-labelledby="unlink-title"
      onClose={() => onAnswer(confirmed.current)}
      className="m-auto w-[min(26rem,calc(100vw-2rem))] rounded-2xl border border-line bg-card p-6 text-ink backdrop:bg-black/50"
    >
      <h2 id="unlink-title" className="mb-1 text-lg font-bold wrap-anywhere">
        Unlink {name}?
      </h2>
      <p className="mb-4 text-soft">
        You will no longer be able to sign in with this account at {name}. Your account here is kept.
      </p>
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={() => dialog.current?.close()}>Cancel</Button>
        <Button
          variant="danger"
          onClick={() => {
            confirmed.current = true;
            dialog.current?.close();
          }}
        >
          Unlink
        </Button>
      </div>
    </dialog>
  );
}
