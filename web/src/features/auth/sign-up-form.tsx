"use client";

import Link from "next/link";
import { useState } from "react";
import { Notice } from "@/ui/notice";
import { TextField } from "@/ui/text-field";
import { EmailField } from "./email-field";
import { useSearch } from "@/ui/use-search";
import { AuthForm } from "./auth-form";
import { mistakes } from "./messages";
import { NewPasswordField } from "./new-password-field";
import { signUp } from "./session";
import { useForm } from "./use-form";

const FIELDS = ["name", "email", "password"] as const;
const CHECK_EMAIL =
  "Check your email for the link that completes your sign-up. Open it in this browser; any other browser asks for your " +
  "password.";

/** The form that makes an account. */
export function SignUpForm() {
  const search = useSearch();
  const [unverified, setUnverified] = useState(false);
  const { onSubmit, busy, errorOf, formError } = useForm({
    fields: FIELDS,
    mistakes,
    submit: async (values) => setUnverified(!(await signUp(values))),
  });
  return (
    <AuthForm
      title="Create an account"
      action="Create account"
      busy={busy}
      formError={formError}
      onSubmit={onSubmit}
      notice={unverified && <Notice kind="info">{CHECK_EMAIL}</Notice>}
      footer={
        <>
          Have an account?{" "}
          <Link className="font-medium text-accent underline" href={`/signin${search}`}>
            Sign in
          </Link>
        </>
      }
    >
      <TextField label="Name" name="name" autoComplete="name" required error={errorOf("name")} />
      <EmailField error={errorOf("email")} />
      <NewPasswordField label="Password" error={errorOf("password")} />
    </AuthForm>
  );
}
