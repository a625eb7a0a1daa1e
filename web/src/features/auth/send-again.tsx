import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { useResend } from "./use-resend";

interface Props {
  send: () => Promise<void>;
  /** Whether an email has just been sent, so that the next one has to wait. */
  sent: boolean;
  variant?: "main" | "plain";
}

function seconds(count: number): string {
  return count === 1 ? "1 second" : `${count} seconds`;
}

/** A button that sends an email, with the time until the next one can be sent. */
export function SendAgain({ send, sent, variant = "main" }: Props) {
  const { resend, busy, left, again, failure } = useResend(send, sent);
  return (
    <>
      {failure && <Notice kind="error">{failure}</Notice>}
      <Button variant={variant} busy={busy || left > 0} onClick={() => void resend()} className="min-h-11">
        {busy ? "One moment…" : sent || again ? "Send again" : "Send a new link"}
      </Button>
      <div className="min-h-11 text-sm text-soft">
        <p role="status">{again && "Requested. Email can take a few minutes to arrive."}</p>
        {left > 0 && <p>You can request another email in {seconds(left)}.</p>}
      </div>
    </>
  );
}
