"use client";

import type { FormEvent, ReactNode } from "react";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { useHydrated } from "@/ui/use-hydrated";
import { useSlow } from "@/ui/use-slow";
import { AuthCard, type CardProps } from "./auth-card";

interface Props extends CardProps {
  action: string;
  busy: boolean;
  formError: string | undefined;
  notice?: ReactNode;
  onSubmit: (event: FormEvent<HTMLFormElement>) => void;
}

/** A form in a card. */
export function AuthForm({ action, busy, formError, notice, onSubmit, children, ...card }: Props) {
  const slow = useSlow(busy);
  const hydrated = useHydrated();
  return (
    <AuthCard {...card}>
      {notice}
      {/* `noValidate`: the page shows its own errors. `post`: without scripts, no values end up in the URL. */}
      <form method="post" noValidate onSubmit={onSubmit} className="flex flex-col gap-5">
        {formError && <Notice kind="error">{formError}</Notice>}
        {children}
        {/* Disabled until the scripts run: the browser would submit the form itself and navigate to an error. */}
        <Button type="submit" variant="main" busy={busy} disabled={!hydrated} className="min-h-11">
          {busy ? "One moment…" : action}
        </Button>
        <p role="status" className="text-sm text-soft empty:hidden">
          {slow && "Still waiting for a response. Your connection may be slow."}
        </p>
      </form>
    </AuthCard>
  );
}
