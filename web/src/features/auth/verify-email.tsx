"use client";

import Link from "next/link";
import { Notice } from "@/ui/notice";
import { useSearch } from "@/ui/use-search";
import { MailForm } from "./mail-form";
import { askForVerification } from "./session";

const DONE = "If the address is not verified yet, a link is on its way to it. It is good for an hour.";

/** What became of a link that verifies an address, and a way to ask for another. */
export function VerifyEmail() {
  const query = new URLSearchParams(useSearch());
  const broken = query.has("error");
  if (query.has("done") && !broken) {
    return (
      <main className="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center gap-6 px-4 py-10">
        <h1 className="text-2xl font-bold">Your address is verified</h1>
        <Link className="font-medium text-accent underline" href="/dashboard">
          To your tasks
        </Link>
      </main>
    );
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
