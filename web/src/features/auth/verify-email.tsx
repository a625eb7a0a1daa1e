"use client";

import { useEffect } from "react";
import { ButtonLink } from "@/ui/button-link";
import { Notice } from "@/ui/notice";
import { useSearch } from "@/ui/use-search";
import { AuthCard } from "./auth-card";
import { useCapabilities } from "./capabilities";
import { EmailText } from "./email-text";
import { EmailChange, EmailChangeFailed } from "./email-change";
import { linkProblem } from "./link-problem";
import { MailForm } from "./mail-form";
import { requestVerification, emailVerified } from "./session";
import { Unavailable } from "./unavailable";

/** Asks for a link that verifies an email; after a link that did not, with the reason. */
function RequestLink({ code }: { code: string | null }) {
  const { emailVerification } = useCapabilities();
  const problem = code === null ? undefined : linkProblem(code);
  if (!emailVerification.enabled) {
    return (
      <Unavailable
        title={problem?.title ?? "Email verification is disabled"}
        text="This service does not send links that verify an email."
        href="/dashboard"
        action="Go to your tasks"
      />
    );
  }
  return (
    <MailForm
      title={problem?.title ?? "Verify your email"}
      action="Send a new link"
      done={(email) => (
        <>
          If <EmailText email={email} /> is not verified yet, a link is on its way to it. Open it in this browser; any
          other browser asks for your password.
        </>
      )}
      notice={problem && <Notice kind="error">{problem.text} Request a new one.</Notice>}
      send={requestVerification}
    />
  );
}

/** The link verified the email. Other tabs may still show a reminder. */
function Verified() {
  useEffect(emailVerified, []);
  return (
    <AuthCard title="Your email is verified">
      <ButtonLink href="/dashboard">Go to your tasks</ButtonLink>
    </AuthCard>
  );
}

/** The outcome of a link that verifies or changes an email, and a way to ask for another. */
export function VerifyEmail() {
  const query = new URLSearchParams(useSearch());
  const error = query.get("error");
  if (query.has("changing")) {
    return error === null ? <EmailChange /> : <EmailChangeFailed code={error} />;
  }
  return query.has("done") && error === null ? <Verified /> : <RequestLink code={error} />;
}
