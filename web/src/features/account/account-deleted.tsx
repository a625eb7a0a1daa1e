"use client";

import { useEffect } from "react";
import { AuthCard } from "@/features/auth/auth-card";
import { EmailText } from "@/features/auth/email-text";
import { clearSession, useSession } from "@/features/auth/session";
import { ButtonLink } from "@/ui/button-link";

/** The link that deletes an account leads here: the session ended with it. Anybody can open this page by its address. */
export function AccountDeleted() {
  const { data, isPending, error } = useSession();
  const gone = !data && !isPending && !error;
  useEffect(() => {
    if (gone) {
      // Not an expired session, in any tab.
      clearSession();
    }
  }, [gone]);
  if (data) {
    return (
      <AuthCard title="You are signed in">
        <p>
          The account of <EmailText email={data.user.email} /> is not deleted.
        </p>
        <ButtonLink href="/settings">Go to your settings</ButtonLink>
      </AuthCard>
    );
  }
  return (
    <AuthCard title="Your account is deleted">
      <p>All your devices are signed out. Your email can be used for a new account.</p>
      <ButtonLink href="/">Go to the start page</ButtonLink>
    </AuthCard>
  );
}
