"use client";

import Link from "next/link";
import { useState } from "react";
import { Notice } from "@/ui/notice";
import { useSearch } from "@/ui/use-search";
import { AuthForm } from "./auth-form";
import { DEAD_LINK, passwordMistakes } from "./messages";
import { NewPasswordField } from "./new-password-field";
import { resetPassword } from "./session";
import { useForm } from "./use-form";

const FIELDS = ["password"] as const;

/** Sets a new password; the link of a mail leads here, with its token. */
export function ResetPasswordForm() {
  const query = new URLSearchParams(useSearch());
  const [done, setDone] = useState(false);
  const { onSubmit, busy, errorOf, formError } = useForm({
    fields: FIELDS,
    mistakes: passwordMistakes,
    submit: async ({ password }) => {
      await resetPassword(query.get("token") ?? "", password);
      setDone(true);
    },
  });
  const broken = query.has("error") ? DEAD_LINK : undefined;
  return (
    <AuthForm
      title="Set a new password"
      action="Set password"
      busy={busy}
      formError={formError ?? broken}
      onSubmit={onSubmit}
      notice={done && <Notice kind="info">Your password is changed, and every device is signed out.</Notice>}
      footer={
        <Link className="font-medium text-accent underline" href={done ? "/signin" : "/forgot-password"}>
          {done ? "Sign in with it" : "Ask for a new link"}
        </Link>
      }
    >
      <NewPasswordField label="New password" error={errorOf("password")} />
    </AuthForm>
  );
}
