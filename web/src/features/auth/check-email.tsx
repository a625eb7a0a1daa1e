import type { ReactNode } from "react";
import { Button } from "@/ui/button";
import { AuthCard, type CardProps } from "./auth-card";
import { SendAgain } from "./send-again";

interface Props extends Partial<Pick<CardProps, "title" | "footer">> {
  /** Sends the mail again; absent where the service does not. */
  send?: (() => Promise<void>) | undefined;
  /** Whether a mail has just been sent. */
  sent?: boolean;
  /** The button that goes back to the form. */
  back: string;
  onBack: () => void;
  /** Which mail, to whom, and what to do with it. */
  children: ReactNode;
}

/** Replaces a form after a mail was sent: which mail to look for, and how to get another one. */
export function CheckEmail({ title = "Check your email", send, sent = true, back, onBack, footer, children }: Props) {
  return (
    <AuthCard title={title} replaces footer={footer}>
      {children}
      {send && <SendAgain send={send} sent={sent} />}
      <Button onClick={onBack} className="min-h-11">
        {back}
      </Button>
    </AuthCard>
  );
}
