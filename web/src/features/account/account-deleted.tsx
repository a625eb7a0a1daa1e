"use client";

import { useEffect } from "react";
import { AuthCard } from "@/features/auth/auth-card";
import { EmailText } from "@/features/auth/email-text";
import { clearSession, useSession } from "@/features/auth/session";
import { ButtonLink } from "@/ui/button-link";

/** The target of the link that deletes an account and its session. The page can also be opened by its URL. */
export function AccountDeleted() {
  const { data, isPending, error } = useSession();
  const gone = !data && !isPending && !error;
  useEffect(() => {
    if (gone) {
      // So that no tab reports an expired session.
      clearSession();
    }
  }, [gone]);
  if (data) {
    return (
      <AuthCard title="You are signed in">
        <p>
          The account <EmailText email={data.user.email} /> has not been deleted.
        </p>
        <ButtonLink href="/settings">Go to your settings</ButtonLink>
      </AuthCard>
    );
  }
  return (
    <AuthCard title="Account deleted">
      <p>You have been signed out on all devices. You can use your email for a new account.</p>
      <ButtonLink href="/">Go to the start page</ButtonLink>
    </AuthCard>
  );
}
