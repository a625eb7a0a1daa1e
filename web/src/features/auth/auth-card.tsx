"use client";

import { useEffect, useRef, type ReactNode } from "react";
import { useTitle } from "@/ui/use-title";

/** What a page of this feature may say about its card. */
export interface CardProps {
  title: string;
  /** Whether it stands in for a form that was sent: then its heading takes the focus, which the form has lost. */
  replaces?: boolean;
  /** Stands under the card. */
  footer?: ReactNode;
  children: ReactNode;
}

/**
 * The card of this feature's pages; its heading is the title of the document. Its place is measured from the top: in the
 * middle of the window it would move with every part that arrives late, and with every message.
 */
export function AuthCard({ title, replaces = false, footer, children }: CardProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(title);
  useEffect(() => {
    if (replaces) {
      heading.current?.focus();
    }
  }, [replaces]);
  return (
    <main className="mx-auto flex w-full max-w-md flex-col gap-6 px-4 pt-[12svh] pb-10">
      {/* A plain link: the start page is none of Next's, which would ask for its parts. */}
      <a href="/" className="self-start rounded font-semibold text-accent">
        Latchkey
      </a>
      <div className="flex flex-col gap-5 rounded-2xl border border-line bg-card p-6 shadow-sm sm:p-8">
        <h1 ref={heading} tabIndex={-1} className="text-2xl font-bold">
          {title}
        </h1>
        {children}
      </div>
      {footer && <div className="flex flex-col items-start gap-1 text-soft">{footer}</div>}
    </main>
  );
}
