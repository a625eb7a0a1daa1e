"use client";

import Link from "next/link";
import { TextField } from "@/ui/text-field";
import { EmailField } from "./email-field";
import { Notice } from "@/ui/notice";
import { useSearch } from "@/ui/use-search";
import { AuthForm } from "./auth-form";
import { signInMistakes } from "./messages";
import { signIn } from "./session";
import { useForm } from "./use-form";

const FIELDS = ["email", "password"] as const;

const NOT_ENDED =
  "You are signed out of this browser, but the service could not end your session. To end it, sign in and sign out " +
  "that device under Settings.";

/** The sign-in. It says why one is here, if the session ended by itself. */
export function SignInForm() {
  const search = useSearch();
  const query = new URLSearchParams(search);
  const { onSubmit, busy, errorOf, formError } = useForm({
    fields: FIELDS,
    mistakes: signInMistakes,
    submit: (values) => signIn(values, query.get("callbackURL") || undefined),
  });
  return (
    <AuthForm
      title="Sign in"
      action="Sign in"
      busy={busy}
      formError={formError}
      onSubmit={onSubmit}
      notice={
        query.has("expired") ? (
          <Notice kind="info">Session expired. Sign in to go on where you were.</Notice>
        ) : (
          query.has("not-ended") && <Notice kind="error">{NOT_ENDED}</Notice>
        )
      }
      footer={
        <>
          New here?{" "}
          <Link className="font-medium text-accent underline" href={`/signup${search}`}>
            Create an account
          </Link>
        </>
      }
    >
      <EmailField error={errorOf("email")} />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
        error={errorOf("password")}
      />
      <Link className="self-start text-accent underline" href="/forgot-password">
        Forgotten your password?
      </Link>
    </AuthForm>
  );
}
