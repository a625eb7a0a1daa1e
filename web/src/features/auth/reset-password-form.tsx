"use client";

import { useState } from "react";
import { ServiceError } from "@/lib/service-error";
import { ButtonLink } from "@/ui/button-link";
import { useHydrated } from "@/ui/use-hydrated";
import { useSearch } from "@/ui/use-search";
import { AuthCard } from "./auth-card";
import { AuthForm } from "./auth-form";
import { useCapabilities } from "./capabilities";
import { ResetDisabled } from "./forgot-password-form";
import { INVALID, linkProblem } from "./link-problem";
import { validatePassword } from "./messages";
import { NewPasswordField } from "./new-password-field";
import { resetPassword } from "./session";
import { useForm } from "./use-form";

const FIELDS = ["password"] as const;

/** The page for an invalid reset link, with a link to request a new one. */
function InvalidLink({ code, replaces }: { code: string; replaces: boolean }) {
  const { title, text } = linkProblem(code);
  return (
    <AuthCard title={title} replaces={replaces}>
      <p>{text} Your password was not changed.</p>
      <ButtonLink href="/forgot-password">Request a new link</ButtonLink>
    </AuthCard>
  );
}

interface FormProps {
  token: string;
  onDone: () => void;
  onInvalid: () => void;
}

function NewPasswordForm({ token, onDone, onInvalid }: FormProps) {
  const { onSubmit, busy, errorFor, formError } = useForm({
    fields: FIELDS,
    validate: validatePassword,
    submit: async ({ password }) => {
      try {
        await resetPassword(token, password);
        onDone();
      } catch (error) {
        if (!(error instanceof ServiceError && error.code === INVALID)) {
          throw error;
        }
        onInvalid();
      }
    },
  });
  return (
    <AuthForm
      title="Set a new password"
      action="Set password"
      busy={busy}
      formError={formError}
      onSubmit={(event) => void onSubmit(event)}
    >
      <NewPasswordField label="New password" error={errorFor("password")} />
    </AuthForm>
  );
}

/** Sets a new password. The link in the email leads here, with a token or an error code. */
export function ResetPasswordForm() {
  const query = new URLSearchParams(useSearch());
  const hydrated = useHydrated();
  const { passwordReset } = useCapabilities();
  const [outcome, setOutcome] = useState<"done" | "invalid">();
  const token = query.get("token") ?? "";
  const error = query.get("error");
  if (outcome === "done") {
    return (
      <AuthCard title="Password changed" replaces>
        <p>You have been signed out on all devices. Sign in with your new password.</p>
        <ButtonLink href="/signin">Sign in</ButtonLink>
      </AuthCard>
    );
  }
  if (!passwordReset) {
    return <ResetDisabled />;
  }
  if (outcome === "invalid" || error !== null) {
    return <InvalidLink code={error ?? INVALID} replaces={error === null} />;
  }
  // The exported HTML has no URL to read. It contains the form.
  if (hydrated && !token) {
    return <InvalidLink code="" replaces={false} />;
  }
  return <NewPasswordForm token={token} onDone={() => setOutcome("done")} onInvalid={() => setOutcome("invalid")} />;
}
