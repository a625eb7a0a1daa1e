import type { RefObject } from "react";
import { Button } from "@/ui/button";
import { SHORTCUTS } from "./use-shortcuts";

interface Props {
  dialog: RefObject<HTMLDialogElement | null>;
  on: boolean;
  onSwitch: (on: boolean) => void;
}

/** Lists the shortcuts and can disable them, e.g. for users of speech input. */
export function ShortcutsDialog({ dialog, on, onSwitch }: Props) {
  return (
    // The native dialog traps the focus, closes on Escape and needs no inline style, which the CSP forbids.
    <dialog
      ref={dialog}
      aria-labelledby="shortcuts-title"
      className="m-auto w-[min(24rem,calc(100vw-2rem))] rounded-2xl border border-line bg-card p-6 text-ink backdrop:bg-black/50"
    >
      <h2 id="shortcuts-title" className="mb-4 text-lg font-bold">
        Keyboard shortcuts
      </h2>
      <dl className="mb-4 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5">
        {SHORTCUTS.map(([key, meaning]) => (
          <div key={key} className="contents">
            <dt>
              <kbd className="inline-block min-w-7 rounded border border-edge px-2 text-center font-mono">{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <label className="mb-4 flex min-h-11 items-center gap-3">
        <input
          type="checkbox"
          checked={on}
          onChange={(event) => onSwitch(event.target.checked)}
          className="size-5 accent-accent"
        />
        Enable shortcuts
      </label>
      <Button onClick={() => dialog.current?.close()}>Close</Button>
    </dialog>
  );
}
