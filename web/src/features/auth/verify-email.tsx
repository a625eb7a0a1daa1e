"use client";

import Link from "next/link";
import type { ReactNode } from "react";
import { Notice } from "@/ui/notice";
import { useSearch } from "@/ui/use-search";
import { AuthCard } from "./auth-card";
import { MailForm } from "./mail-form";
import { DEAD_LINK } from "./messages";
import { askForVerification, useSession } from "./session";

const DONE = "If the address is not verified yet, a link is on its way to it.";

function Done({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <AuthCard title={title}>
      {children}
      <Link className="self-start font-medium text-accent underline" href="/dashboard">
        To your tasks
      </Link>
    </AuthCard>
  );
}

/** A link of a change was followed: the one that agrees to it, or the one that completes it. The session knows which. */
function Changing() {
  const { data } = useSession();
  return (
    <Done title="Thank you">
      {data && <p>Your address is {data.user.email}.</p>}
      <p>
        The change is complete once you have opened the link that was sent to your new address. From then on, sign in
        with that address.
      </p>
    </Done>
  );
}

/** What a link says that was opened by somebody who is signed in to another account. */
const OTHER_ACCOUNT = "INVALID_USER";

/** A link of a change did not work. It cannot be sent again from here: that takes a session. */
function NotChanged({ reason }: { reason: string | null }) {
  const other = reason === OTHER_ACCOUNT;
  return (
    <AuthCard title="Your email is not changed">
      <Notice kind="error">
        {other
          ? "You are signed in to another account. Sign out, then open the link again."
          : "This link is no longer valid. Start the change again in your settings."}
      </Notice>
      {!other && (
        <p>
          A link works once, and for an hour. Signing out where you asked for it cancels it, and so does a new password.
        </p>
      )}
      <Link className="self-start font-medium text-accent underline" href={other ? "/dashboard" : "/settings"}>
        {other ? "To your tasks" : "To your settings"}
      </Link>
    </AuthCard>
  );
}

/** What became of a link that verifies an address, and a way to ask for another. */
export function VerifyEmail() {
  const query = new URLSearchParams(useSearch());
  const error = query.get("error");
  if (query.has("changing")) {
    return error === null ? <Changing /> : <NotChanged reason={error} />;
  }
  if (query.has("done") && error === null) {
    return <Done title="Your address is verified" />;
  }
  return (
    <MailForm
      title="Verify your address"
      action="Send a new link"
      done={DONE}
      notice={error !== null && <Notice kind="error">{DEAD_LINK}</Notice>}
      send={askForVerification}
    />
  );
}
