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

/** Requests a verification link. After a failed link, shows the reason. */
function RequestLink({ code }: { code: string | null }) {
  const { emailVerification } = useCapabilities();
  const problem = code === null ? undefined : linkProblem(code);
  if (!emailVerification.enabled) {
    return (
      <Unavailable
        title={problem?.title ?? "Email verification is disabled"}
        text="This service does not send verification emails."
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
          If <EmailText email={email} /> is not verified yet, you will receive an email with a link. Open it in this
          browser; other browsers will ask for your password.
        </>
      )}
      notice={problem && <Notice kind="error">{problem.text} Request a new one.</Notice>}
      send={requestVerification}
    />
  );
}

/** The page after a link has verified the email. Updates other tabs, which may still show the reminder. */
function Verified() {
  useEffect(emailVerified, []);
  return (
    <AuthCard title="Email verified">
      <ButtonLink href="/dashboard">Go to your tasks</ButtonLink>
    </AuthCard>
  );
}

/** The result of a link that verifies or changes an email, with a form to request another one. */
export function VerifyEmail() {
  const query = new URLSearchParams(useSearch());
  const error = query.get("error");
  if (query.has("changing")) {
    return error === null ? <EmailChange /> : <EmailChangeFailed code={error} />;
  }
  return query.has("done") && error === null ? <Verified /> : <RequestLink code={error} />;
}
