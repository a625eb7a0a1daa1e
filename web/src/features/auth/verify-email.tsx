"use client";

import Link from "next/link";
import type { ReactNode } from "react";
import { Notice } from "@/ui/notice";
import { useSearch } from "@/ui/use-search";
import { AuthCard } from "./auth-card";
import { MailForm } from "./mail-form";
import { askForVerification, useSession } from "./session";

const DONE = "If the address is not verified yet, a link is on its way to it. It is good for an hour.";

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

/** A link of a change was followed: the one that agrees to it, or the one that ends it. The session knows which. */
function Changing() {
  const { data } = useSession();
  return (
    <Done title="Thank you">
      {data && <p>Your address is {data.user.email}.</p>}
      <p>Your new address is in use once the link in the mail to it was followed.</p>
    </Done>
  );
}

/** What became of a link that verifies an address, and a way to ask for another. */
export function VerifyEmail() {
  const query = new URLSearchParams(useSearch());
  const broken = query.has("error");
  if (query.has("done") && !broken) {
    return <Done title="Your address is verified" />;
  }
  if (query.has("changing") && !broken) {
    return <Changing />;
  }
  return (
    <MailForm
      title="Verify your address"
      action="Send a new link"
      done={DONE}
      notice={broken && <Notice kind="error">This link is not good any more. Ask for a new one.</Notice>}
      send={askForVerification}
    />
  );
}
