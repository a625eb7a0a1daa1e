import type { ReactNode } from "react";

interface Props {
  mark: ReactNode;
  name: string;
  /** Undefined while it is loading: a placeholder stands in for it. */
  detail: string | undefined;
  /** The button of the row. */
  children?: ReactNode;
}

/** A row of the sign-in methods. It has the same height with and without its button, and while it is loading. */
export function MethodRow({ mark, name, detail, children }: Props) {
  return (
    <div className="flex min-h-17 items-center gap-3 py-3">
      {mark}
      <div className="min-w-0 flex-1">
        <p className="font-medium wrap-anywhere">{name}</p>
        <p className="text-sm text-soft">
          {detail ?? <span className="inline-block h-3 w-24 animate-pulse rounded bg-line" />}
        </p>
      </div>
      {children}
    </div>
  );
}
