"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { useRef, useState } from "react";
import { Button } from "@/ui/button";
import { errorMessage } from "./messages";
import { signOut, type User } from "./session";
import { VerifyBanner, VerifyBannerPlace } from "./verify-banner";

const PAGES = [
  ["/dashboard", "Tasks"],
  ["/settings", "Settings"],
] as const;

interface Props {
  /** Undefined while the session is loading: placeholders stand in for the name and the email. */
  user?: User;
  /** Runs before the session ends, while requests are still allowed. Returns false to cancel the sign-out. */
  beforeLeaving?: () => Promise<boolean>;
}

/** A placeholder for a text that is loading. */
function TextSkeleton({ width }: { width: string }) {
  return <span aria-hidden="true" className={`inline-block h-3 animate-pulse rounded bg-line ${width}`} />;
}

/** The bar with the navigation, the signed-in user and the sign-out button. */
export function AccountBar({ user, beforeLeaving }: Props) {
  const pathname = usePathname();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const pages = useRef<HTMLElement>(null);

  async function handleSignOut() {
    setBusy(true);
    setFailure("");
    try {
      if (beforeLeaving && !(await beforeLeaving())) {
        setBusy(false);
        return;
      }
      await signOut();
    } catch (error) {
      setFailure(errorMessage(error));
      setBusy(false);
    }
  }

  return (
    <>
      <header className="border-b border-line bg-card print:hidden">
        <div className="mx-auto flex max-w-4xl flex-wrap items-center gap-2 px-4 py-3 sm:gap-4">
          <nav ref={pages} aria-label="Pages" className="-ml-2 flex gap-1 sm:-ml-3">
            {PAGES.map(([path, name]) => (
              <Link
                key={path}
                href={path}
                aria-current={path === pathname ? "page" : undefined}
                className="inline-flex min-h-10 items-center rounded-lg px-2 font-medium text-soft aria-[current]:text-accent sm:px-3"
              >
                {name}
              </Link>
            ))}
          </nav>
          <div className="ml-auto min-w-0 text-right leading-tight max-sm:order-last max-sm:ml-0 max-sm:basis-full max-sm:text-left">
            <p dir="auto" className="truncate font-medium">
              {user?.name ?? <TextSkeleton width="w-24" />}
            </p>
            <p className="truncate text-sm text-soft">{user?.email ?? <TextSkeleton width="w-40" />}</p>
          </div>
          <Button busy={busy} disabled={!user} onClick={() => void handleSignOut()} className="shrink-0 max-sm:ml-auto">
            Sign out
          </Button>
        </div>
        <p role="alert" className="mx-auto max-w-4xl px-4 pb-2 text-danger empty:hidden">
          {failure}
        </p>
      </header>
      {user ? (
        <VerifyBanner
          user={user}
          onDismiss={() => pages.current?.querySelector<HTMLElement>("[aria-current]")?.focus()}
        />
      ) : (
        <VerifyBannerPlace />
      )}
    </>
  );
}
