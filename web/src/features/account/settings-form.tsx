import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import type { FormError, FieldName } from "@/features/auth/messages";
import { useForm } from "@/features/auth/use-form";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";

interface Props<Name extends FieldName> {
  /** The URL fragment of this section, e.g. `password` for `/settings#password`. */
  id?: string;
  title: string;
  about?: ReactNode;
  action: string;
  danger?: boolean;
  fields: readonly Name[];
  validate: (values: Record<Name, string>) => FormError[];
  /** Saves the change. Returns the message to show. */
  submit: (values: Record<Name, string>) => Promise<string>;
  children: (errorFor: (name: Name) => string | undefined) => ReactNode;
}

/** A section of the settings with one form. */
export function SettingsForm<Name extends FieldName>({
  id,
  title,
  about,
  action,
  danger,
  fields,
  validate,
  submit,
  children,
}: Props<Name>) {
  const heading = useId();
  const [done, setDone] = useState("");
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (done) {
      // Clears passwords after a successful submit.
      form.current
        ?.querySelectorAll<HTMLInputElement>("[name=password], [name=currentPassword]")
        .forEach((input) => (input.value = ""));
    }
  }, [done]);
  useEffect(() => {
    // The browser looked for the fragment before this section was rendered.
    if (id && location.hash === `#${id}`) {
      form.current?.parentElement?.scrollIntoView();
      form.current?.querySelector<HTMLElement>("input:not([autocomplete=username])")?.focus({ preventScroll: true });
    }
  }, [id]);
  const { onSubmit, busy, errorFor, formError } = useForm({
    fields,
    validate,
    submit: async (values) => {
      setDone("");
      setDone(await submit(values));
    },
  });
  return (
    <section id={id} aria-labelledby={heading} className="rounded-2xl border border-line bg-card p-5 sm:p-6">
      <h2 id={heading} className="mb-1 text-lg font-bold">
        {title}
      </h2>
      {about && <p className="mb-3 text-soft">{about}</p>}
      <form
        ref={form}
        method="post"
        noValidate
        onSubmit={(event) => void onSubmit(event)}
        className="flex max-w-md flex-col gap-4"
      >
        {formError && <Notice kind="error">{formError}</Notice>}
        {children(errorFor)}
        <Button type="submit" variant={danger ? "danger" : "plain"} busy={busy} className="self-start">
          {busy ? "One moment…" : action}
        </Button>
        <p role="status" className="text-good empty:hidden">
          {done}
        </p>
      </form>
    </section>
  );
}
