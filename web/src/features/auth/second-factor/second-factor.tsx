"use client";

import Link from "next/link";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { Button } from "@/ui/button";
import { ButtonLink } from "@/ui/button-link";
import { useHydrated } from "@/ui/use-hydrated";
import { useSearch } from "@/ui/use-search";
import { AuthCard } from "../auth-card";
import { useCapabilities } from "../capabilities";
import { challengeDestination, isOwnPage, restartPath } from "../return-path";
import { abandonChallenge, completeChallenge, isRedirecting, useSession } from "../session";
import { challengedApplication, isChallenged, knownMethods, type FactorMethod } from "./challenge";
import { CodeForm } from "./code-form";
import { SendCode } from "./send-code";
import type { Lost, Proof } from "./verify";

const SWITCH: Record<Proof, string> = {
  totp: "Use your authenticator app",
  otp: "Get a code by email",
  "backup-code": "Use a backup code",
};

/** The methods in the page's URL. Without them, those that the service has. */
function useMethods(search: string): FactorMethod[] {
  const { otpByMail } = useCapabilities().twoFactor;
  const named = knownMethods((new URLSearchParams(search).get("methods") ?? "").split(","));
  return named.length > 0 ? named : otpByMail ? ["totp", "otp"] : ["totp"];
}

/** Returns a function that opens the page which asked for the sign-in. */
function useDestination() {
  const router = useRouter();
  return () => {
    const path = challengeDestination(location.search, location.origin);
    if (isOwnPage(path)) {
      router.replace(path);
    } else {
      location.replace(path);
    }
  };
}

const LOST: Record<Lost, { title: string; text: string }> = {
  expired: {
    title: "This sign-in has expired",
    text: "A sign-in waits ten minutes for its code, in the browser where it was started.",
  },
  "too many": {
    title: "Too many incorrect codes",
    text: "For your security, this sign-in was cancelled. Sign in again to get another try.",
  },
};

/** The sign-in has to start over. */
function StartOver({ why, href }: { why: Lost; href: string }) {
  const { title, text } = LOST[why];
  return (
    <AuthCard key={why} title={title} replaces>
      <p>{text}</p>
      <ButtonLink href={href}>Sign in again</ButtonLink>
    </AuthCard>
  );
}

/** Opens the application that sent the browser here, if any. Returns whether it did. */
function openApplication(application: string | undefined): boolean {
  if (application === undefined || !/^https?:$/.test(new URL(application, location.origin).protocol)) {
    return false;
  }
  location.replace(application);
  return true;
}

/** Asks for the second factor of a sign-in: a code of an authenticator app, a code by email, or a backup code. */
export function SecondFactor() {
  const search = useSearch();
  const hydrated = useHydrated();
  const { data } = useSession();
  const methods = useMethods(search);
  const open = useDestination();
  const [chosen, setChosen] = useState<Proof>();
  const [sent, setSent] = useState(false);
  const [lost, setLost] = useState<Lost>();
  const offered: Proof[] = [...methods, "backup-code"];
  const proof = chosen ?? offered[0] ?? "totp";
  const signedIn = data !== null;
  const restart = hydrated ? restartPath(search, location.origin, challengedApplication()) : "/signin";

  useEffect(() => {
    // Another tab may have completed a sign-in.
    if (signedIn && !isChallenged() && !isRedirecting()) {
      open();
    }
    // The function is a new one in each render.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [signedIn]);

  if (lost) {
    return <StartOver why={lost} href={restart} />;
  }

  async function handleVerified() {
    if (!openApplication(await completeChallenge())) {
      open();
    }
  }

  return (
    <AuthCard
      title="Two-factor authentication"
      footer={
        <p>
          <Link className="font-medium text-accent underline" href={restart} onClick={abandonChallenge}>
            Back to sign-in
          </Link>
        </p>
      }
    >
      {proof === "otp" && !sent ? (
        <SendCode onSent={() => setSent(true)} onLost={setLost} />
      ) : (
        <CodeForm key={proof} proof={proof} onVerified={handleVerified} onLost={setLost} />
      )}
      {/* Until the scripts run, the methods are unknown. */}
      {hydrated && offered.length > 1 && (
        <div role="group" aria-label="Other methods" className="flex flex-col gap-2 border-t border-line pt-4">
          {offered
            .filter((other) => other !== proof)
            .map((other) => (
              <Button key={other} onClick={() => setChosen(other)}>
                {SWITCH[other]}
              </Button>
            ))}
        </div>
      )}
    </AuthCard>
  );
}
