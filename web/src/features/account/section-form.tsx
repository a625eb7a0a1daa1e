import { useEffect, useRef, useState, type ReactNode } from "react";
import type { FieldName, FormError } from "@/features/auth/messages";
import { useForm } from "@/features/auth/use-form";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";

/** The properties of a form in a section. */
export interface SectionFormProps<Name extends FieldName> {
  action: string;
  danger?: boolean;
  fields: readonly Name[];
  validate: (values: Record<Name, string>) => FormError[];
  /** Saves the change. Returns the message to show. */
  submit: (values: Record<Name, string>) => Promise<string>;
  /** Explains errors that only this form has. */
  explain?: (error: unknown) => FormError | undefined;
  /** Called when the user cancels. Without it, there is no button to cancel. */
  onCancel?: () => void;
  children: (errorFor: (name: Name) => string | undefined) => ReactNode;
}

/** A form in a section of the settings. */
export function SectionForm<Name extends FieldName>({
  action,
  danger,
  fields,
  validate,
  submit,
  explain,
  onCancel,
  children,
}: SectionFormProps<Name>) {
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
  const { onSubmit, busy, errorFor, formError } = useForm({
    fields,
    validate,
    explain,
    submit: async (values) => {
      setDone("");
      setDone(await submit(values));
    },
  });
  return (
    <form
      ref={form}
      method="post"
      noValidate
      onSubmit={(event) => void onSubmit(event)}
      className="flex max-w-md flex-col gap-4"
    >
      {formError && <Notice kind="error">{formError}</Notice>}
      {children(errorFor)}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant={danger ? "danger" : "plain"} busy={busy}>
          {busy ? "One moment…" : action}
        </Button>
        {onCancel && (
          <Button variant="quiet" onClick={onCancel}>
            Cancel
          </Button>
        )}
      </div>
      <p role="status" className="text-good empty:hidden">
        {done}
      </p>
    </form>
  );
}
