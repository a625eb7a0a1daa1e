import type { ReactNode } from "react";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { useSlow } from "@/ui/use-slow";
import type { SocialProvider } from "./capabilities";
import { ProviderMark } from "./provider-mark";
import { useDeparture } from "./use-departure";

interface Props {
  providers: readonly SocialProvider[];
  /** Sends the browser to the provider. */
  request: (provider: string) => Promise<void>;
}

/** A button for each provider that users can sign in with. */
export function ProviderButtons({ providers, request }: Props) {
  const { leave, leaving, failure } = useDeparture();
  const slow = useSlow(leaving !== undefined);
  return (
    <>
      {failure && <Notice kind="error">{failure}</Notice>}
      {providers.map((provider) => (
        <Button
          key={provider.id}
          busy={leaving !== undefined}
          onClick={() => void leave(provider.id, () => request(provider.id))}
          className="min-h-11 py-2"
        >
          <ProviderMark {...provider} />
          <span className="min-w-0 wrap-anywhere">
            {leaving === provider.id ? "One moment…" : `Continue with ${provider.name}`}
          </span>
        </Button>
      ))}
      <p role="status" className="text-sm text-soft empty:hidden">
        {slow && "Still waiting for a response. Your connection may be slow."}
      </p>
    </>
  );
}

/** The providers and other ways below a form, as alternatives to it. */
export function OrProviders({ children, ...props }: Props & { children?: ReactNode }) {
  return (
    <div role="group" aria-label="Other ways to continue" className="flex flex-col gap-3">
      <p className="flex items-center gap-3 text-sm text-soft before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        or
      </p>
      <ProviderButtons {...props} />
      {children}
    </div>
  );
}
