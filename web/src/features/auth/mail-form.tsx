"use client";

import Link from "next/link";
import { useState, type ReactNode } from "react";
import { Notice } from "@/ui/notice";
import { EmailField } from "./email-field";
import { AuthForm } from "./auth-form";
import { emailMistakes } from "./messages";
import { useForm } from "./use-form";

const FIELDS = ["email"] as const;

interface Props {
  title: string;
  action: string;
  /** Told when the mail was asked for; it must not tell whether there is an account. */
  done: string;
  notice?: ReactNode;
  send: (values: { email: string }) => Promise<void>;
}

/** Asks for an address, and has a mail sent to it. */
export function MailForm({ title, action, done, notice, send }: Props) {
  const [sent, setSent] = useState(false);
  const { onSubmit, busy, errorOf, formError } = useForm({
    fields: FIELDS,
    mistakes: emailMistakes,
    submit: async (values) => {
      setSent(false);
      await send(values);
      setSent(true);
    },
  });
  return (
    <AuthForm
      title={title}
      action={action}
      busy={busy}
      formError={formError}
      onSubmit={onSubmit}
      notice={sent ? <Notice kind="info">{done}</Notice> : notice}
      footer={
        <Link className="font-medium text-accent underline" href="/signin">
          To the sign-in
        </Link>
      }
    >
      <EmailField error={errorOf("email")} />
    </AuthForm>
  );
}
