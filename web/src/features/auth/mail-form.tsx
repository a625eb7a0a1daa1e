"use client";

import Link from "next/link";
import { useState, type ReactNode } from "react";
import { AuthForm } from "./auth-form";
import { CheckEmail } from "./check-email";
import { EmailField } from "./email-field";
import { validateEmail } from "./messages";
import { useForm } from "./use-form";

const FIELDS = ["email"] as const;

const BACK = (
  <p>
    <Link className="font-medium text-accent underline" href="/signin">
      Back to sign-in
    </Link>
  </p>
);

interface Props {
  title: string;
  action: string;
  /** Shown after the email was requested. Must not reveal whether an account exists. */
  done: (email: string) => ReactNode;
  notice?: ReactNode;
  /** Whether the form replaces another card. */
  replaces?: boolean;
  /** Leads back to the form that this one replaces. By default a link to the sign-in page. */
  footer?: ReactNode;
  send: (values: { email: string }) => Promise<void>;
}

interface FormProps extends Omit<Props, "done"> {
  onSent: (email: string) => void;
}

function RequestForm({ send, onSent, ...card }: FormProps) {
  const { onSubmit, busy, errorFor, formError } = useForm({
    fields: FIELDS,
    validate: validateEmail,
    submit: async (values) => {
      await send(values);
      onSent(values.email);
    },
  });
  return (
    <AuthForm {...card} busy={busy} formError={formError} onSubmit={(event) => void onSubmit(event)}>
      <EmailField error={errorFor("email")} />
    </AuthForm>
  );
}

/** Asks for an email and requests a message to it. */
export function MailForm({ done, send, replaces = false, footer = BACK, ...form }: Props) {
  const [sentTo, setSentTo] = useState<string>();
  // An empty string means that the user came back to the form.
  if (!sentTo) {
    return (
      <RequestForm {...form} send={send} replaces={replaces || sentTo === ""} footer={footer} onSent={setSentTo} />
    );
  }
  return (
    <CheckEmail
      send={() => send({ email: sentTo })}
      back="Use a different email"
      onBack={() => setSentTo("")}
      footer={footer}
    >
      <p>{done(sentTo)}</p>
    </CheckEmail>
  );
}
