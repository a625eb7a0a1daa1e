import type { ReactNode } from "react";

/** A message above a form or a list. Screen readers announce it when it appears. */
export function Notice({ kind, children }: { kind: "error" | "info"; children: ReactNode }) {
  const colours = kind === "error" ? "border-danger bg-danger-tint text-danger" : "border-accent bg-card";
  return (
    <div role={kind === "error" ? "alert" : "status"} className={`rounded-lg border px-4 py-3 ${colours}`}>
      {children}
    </div>
  );
}
