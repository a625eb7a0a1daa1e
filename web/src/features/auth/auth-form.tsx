"use client";

import Link from "next/link";
import type { FormEvent, ReactNode } from "react";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { useSlow } from "@/ui/use-slow";

interface Props {
  title: string;
  action: string;
  busy: boolean;
  formError: string | undefined;
  notice?: ReactNode;
  footer: ReactNode;
  onSubmit: (event: FormEvent<HTMLFormElement>) => void;
  children: ReactNode;
}

/** The card that a form of this feature stands in. */
export function AuthForm({ title, action, busy, formError, notice, footer, onSubmit, children }: Props) {
  const slow = useSlow(busy);
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center gap-6 px-4 py-10">
      <Link href="/" className="self-start rounded font-semibold text-accent">
        Latchkey
      </Link>
      <div className="flex flex-col gap-5 rounded-2xl border border-line bg-card p-6 shadow-sm sm:p-8">
        <h1 className="text-2xl font-bold">{title}</h1>
        {notice}
        {/* The page says what is wrong in its own words; without scripts nothing goes into the address. */}
        <form method="post" noValidate onSubmit={onSubmit} className="flex flex-col gap-5">
          {formError && <Notice kind="error">{formError}</Notice>}
          {children}
          <Button type="submit" look="main" busy={busy} className="min-h-11">
            {busy ? "One moment…" : action}
          </Button>
          <p role="status" className="text-sm text-soft empty:hidden">
            {slow && "Still waiting for an answer: the network is slow."}
          </p>
        </form>
      </div>
      <p className="text-soft">{footer}</p>
    </main>
  );
}
