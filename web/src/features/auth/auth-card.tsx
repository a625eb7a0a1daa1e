"use client";

import { useEffect, useRef, type ReactNode } from "react";
import { useTitle } from "@/ui/use-title";

/** The properties of a card. */
export interface CardProps {
  title: string;
  /** Whether the card replaces a submitted form. Its heading then takes the focus. */
  replaces?: boolean;
  /** Shown below the card. */
  footer?: ReactNode;
  /** Shown below the footer. It may depend on the capabilities, because nothing is below it that could move. */
  alternatives?: ReactNode;
  children: ReactNode;
}

/**
 * The card of the auth pages. Its heading is also the document's title. It is positioned from the top of the window: a
 * centred card would move whenever its content changes.
 */
export function AuthCard({ title, replaces = false, footer, alternatives, children }: CardProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(title);
  useEffect(() => {
    if (replaces) {
      heading.current?.focus();
    }
  }, [replaces]);
  return (
    <main className="mx-auto flex w-full max-w-md flex-col gap-6 px-4 pt-[12svh] pb-10">
      {/* A plain link: the start page is a static file outside Next's router. */}
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
      {alternatives}
    </main>
  );
}
