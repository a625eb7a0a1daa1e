import { Button } from "@/ui/button";
import { EMAIL_CODE, MAGIC_LINK, type Capabilities } from "../capabilities";

/** A way to sign in with an email: with its link, or with its code. */
export type MailWay = "link" | "code";

const LABELS: Record<MailWay, string> = { link: "Email me a sign-in link", code: "Email me a code" };

/**
 * The ways that the service offers, given the query of the sign-in page. An application's URL has to be validated by
 * the service, which does not happen at a sign-in with a code.
 */
export function mailWays({ signInMethods }: Capabilities, search: string): MailWay[] {
  const forApplication = new URLSearchParams(search).has("callbackURL");
  const ways: MailWay[] = [];
  if (signInMethods.includes(MAGIC_LINK)) {
    ways.push("link");
  }
  if (signInMethods.includes(EMAIL_CODE) && !forApplication) {
    ways.push("code");
  }
  return ways;
}

interface Props {
  ways: readonly MailWay[];
  busy?: boolean;
  onChoose: (way: MailWay) => void;
}

/** A button for each way to sign in with an email. */
export function MailWayButtons({ ways, busy = false, onChoose }: Props) {
  return ways.map((way) => (
    <Button key={way} busy={busy} onClick={() => onChoose(way)} className="min-h-11">
      {LABELS[way]}
    </Button>
  ));
}
