import { useRef, useState, type FormEvent } from "react";
import { formErrorFor, type FormError, type FieldName } from "./messages";

/** What a form of this feature needs. */
interface Rules<Name extends FieldName> {
  fields: readonly Name[];
  validate: (values: Record<Name, string>) => FormError[];
  submit: (values: Record<Name, string>) => Promise<void>;
}

/** A form's state: its errors, and whether it is under way. The inputs keep their own text, so none is lost. */
export function useForm<Name extends FieldName>({ fields, validate, submit }: Rules<Name>) {
  const [errors, setErrors] = useState<FormError[]>([]);
  const [busy, setBusy] = useState(false);
  // The busy button holds back clicks and Enter, and not a password manager that submits the form itself.
  const submitting = useRef(false);

  function showErrors(form: HTMLFormElement, found: FormError[]) {
    setErrors(found);
    const first = fields.find((name) => found.some(({ field }) => field === name));
    if (first) {
      // The field tells its own error once it has the focus.
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
      showErrors(form, [formErrorFor(error)]);
    } finally {
      submitting.current = false;
      setBusy(false);
    }
  }

  return {
    onSubmit,
    busy,
    /** The complaint about a field, if there is one. */
    errorFor: (name: Name) => errors.find(({ field }) => field === name)?.text,
    /** The complaint about the form as a whole. */
    formError: errors.find(({ field }) => !field)?.text,
  };
}
