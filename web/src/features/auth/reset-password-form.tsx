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

/** A link that sets no password any more, and the way to another one. */
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
  onRefused: () => void;
}

function NewPasswordForm({ token, onDone, onRefused }: FormProps) {
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
        onRefused();
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

/** Sets a new password; the link of a mail leads here, with its token or with the reason why there is none. */
export function ResetPasswordForm() {
  const query = new URLSearchParams(useSearch());
  const hydrated = useHydrated();
  const { passwordReset } = useCapabilities();
  const [outcome, setOutcome] = useState<"done" | "refused">();
  const token = query.get("token") ?? "";
  const error = query.get("error");
  if (outcome === "done") {
    return (
      <AuthCard title="Your password is changed" replaces>
        <p>All devices are signed out. Sign in with your new password.</p>
        <ButtonLink href="/signin">Sign in</ButtonLink>
      </AuthCard>
    );
  }
  if (!passwordReset) {
    return <ResetDisabled />;
  }
  if (outcome === "refused" || error !== null) {
    return <InvalidLink code={error ?? INVALID} replaces={error === null} />;
  }
  // The exported page knows no address: it holds the form.
  if (hydrated && !token) {
    return <InvalidLink code="" replaces={false} />;
  }
  return <NewPasswordForm token={token} onDone={() => setOutcome("done")} onRefused={() => setOutcome("refused")} />;
}
