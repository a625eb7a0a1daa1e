import Link from "next/link";
import type { ReactNode } from "react";

interface Props {
  title: string;
  /** Stands under the card. */
  footer?: ReactNode;
  children: ReactNode;
}

/**
 * The card of this feature's pages. Its place is measured from the top: in the middle of the window it would move with
 * every part that arrives late, and with every message.
 */
export function AuthCard({ title, footer, children }: Props) {
  return (
    <main className="mx-auto flex w-full max-w-md flex-col gap-6 px-4 pt-[12svh] pb-10">
      <Link href="/" className="self-start rounded font-semibold text-accent">
        Latchkey
      </Link>
      <div className="flex flex-col gap-5 rounded-2xl border border-line bg-card p-6 shadow-sm sm:p-8">
        <h1 className="text-2xl font-bold">{title}</h1>
        {children}
      </div>
      {footer && <p className="text-soft">{footer}</p>}
    </main>
  );
}
