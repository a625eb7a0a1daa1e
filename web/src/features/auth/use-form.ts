import { useRef, useState, type FormEvent } from "react";
import { formErrorFor, type FormError, type FieldName } from "./messages";

/** The fields of a form, their validation and its submit function. */
interface Options<Name extends FieldName> {
  fields: readonly Name[];
  validate: (values: Record<Name, string>) => FormError[];
  submit: (values: Record<Name, string>) => Promise<void>;
  /** Explains errors that only this form has. */
  explain?: ((error: unknown) => FormError | undefined) | undefined;
}

/** A form's state: its errors and whether it is submitting. The inputs are uncontrolled, so no text is lost. */
export function useForm<Name extends FieldName>({ fields, validate, submit, explain }: Options<Name>) {
  const [errors, setErrors] = useState<FormError[]>([]);
  const [busy, setBusy] = useState(false);
  // The busy button blocks clicks and Enter, but not a password manager that submits the form itself.
  const submitting = useRef(false);

  function showErrors(form: HTMLFormElement, found: FormError[]) {
    setErrors(found);
    const first = fields.find((name) => found.some(({ field }) => field === name));
    if (first) {
      // Screen readers announce the error when the field receives the focus.
      requestAnimationFrame(() => (form.elements.namedItem(first) as HTMLInputElement | null)?.focus());
    }
  }

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    if (submitting.current) {
      return;
    }
    const data = new FormData(form);
    const values = Object.fromEntries(fields.map((name) => [name, String(data.get(name) ?? "")])) as Record<
      Name,
      string
    >;
    const found = validate(values);
    showErrors(form, found);
    if (found.length > 0) {
      return;
    }
    submitting.current = true;
    setBusy(true);
    try {
      await submit(values);
    } catch (error) {
      showErrors(form, [explain?.(error) ?? formErrorFor(error)]);
    } finally {
      submitting.current = false;
      setBusy(false);
    }
  }

  return {
    onSubmit,
    busy,
    /** The error of a field, if any. */
    errorFor: (name: Name) => errors.find(({ field }) => field === name)?.text,
    /** The error of the whole form, if any. */
    formError: errors.find(({ field }) => !field)?.text,
  };
}
