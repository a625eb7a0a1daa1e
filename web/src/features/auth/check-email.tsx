import type { ReactNode } from "react";
import { Button } from "@/ui/button";
import { AuthCard, type CardProps } from "./auth-card";
import { SendAgain } from "./send-again";

interface Props extends Partial<Pick<CardProps, "title" | "footer">> {
  /** Sends the email again. Absent if the service does not send this email. */
  send?: (() => Promise<void>) | undefined;
  /** Whether an email has just been sent. */
  sent?: boolean;
  /** The label of the button that returns to the form. */
  back: string;
  onBack: () => void;
  /** Describes the email, its recipient and what to do with it. */
  children: ReactNode;
}

/** Replaces a form after an email was sent: which email to look for and how to request another one. */
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
