import { Button } from "@/ui/button";
import type { LinkedAccount } from "./account";
import type { ProviderMethod } from "./sign-in-methods";

/** Formats the day on which an account was linked in the reader's locale. */
export function linkedOn({ createdAt }: LinkedAccount): string {
  const format = new Intl.DateTimeFormat([...navigator.languages], { dateStyle: "medium" });
  return format.format(new Date(createdAt));
}

interface Props {
  method: ProviderMethod;
  busy: boolean;
  /** The id of the text that says why the last sign-in method cannot be unlinked. */
  rule: string;
  onLink: () => void;
  onUnlink: (account: LinkedAccount) => void;
}

/** The button that links a provider or unlinks its account. */
export function MethodButton({ method: { provider, account, last }, busy, rule, onLink, onUnlink }: Props) {
  if (!account) {
    return (
      <Button busy={busy} onClick={onLink} className="shrink-0">
        {/* The row names the provider. A narrow window has no room to repeat it. */}
        <span>
          Link<span className="max-sm:sr-only"> {provider.name}</span>
        </span>
      </Button>
    );
  }
  return (
    <Button
      // It stays focusable, so that the reason is announced.
      busy={busy || last}
      aria-describedby={last ? rule : undefined}
      aria-label={`Unlink ${provider.name}, linked on ${linkedOn(account)}`}
      onClick={() => onUnlink(account)}
      className="shrink-0"
    >
      Unlink
    </Button>
  );
}
