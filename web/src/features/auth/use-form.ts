import { useRef, useState, type FormEvent } from "react";
import { complaintOf, type Complaint, type FieldName } from "./messages";

/** What a form of this feature needs. */
interface Rules<Name extends FieldName> {
  fields: readonly Name[];
  mistakes: (values: Record<Name, string>) => Complaint[];
  submit: (values: Record<Name, string>) => Promise<void>;
}

/** A form's state: its complaints, and whether it is under way. The inputs keep their own text, so none is lost. */
export function useForm<Name extends FieldName>({ fields, mistakes, submit }: Rules<Name>) {
  const [complaints, setComplaints] = useState<Complaint[]>([]);
  const [busy, setBusy] = useState(false);
  // The busy button holds back clicks and Enter, and not a password manager that submits the form itself.
  const underWay = useRef(false);

  function complain(form: HTMLFormElement, found: Complaint[]) {
    setComplaints(found);
    const first = fields.find((name) => found.some(({ field }) => field === name));
    if (first) {
      // The field tells its own error once it has the focus.
      requestAnimationFrame(() => (form.elements.namedItem(first) as HTMLInputElement | null)?.focus());
    }
  }

  async function onSubmit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    if (underWay.current) {
      return;
    }
    const data = new FormData(form);
    const values = Object.fromEntries(fields.map((name) => [name, String(data.get(name) ?? "")])) as Record<
      Name,
      string
    >;
    const found = mistakes(values);
    complain(form, found);
    if (found.length > 0) {
      return;
    }
    underWay.current = true;
    setBusy(true);
    try {
      await submit(values);
    } catch (error) {
      complain(form, [complaintOf(error)]);
    } finally {
      underWay.current = false;
      setBusy(false);
    }
  }

  return {
    onSubmit,
    busy,
    /** The complaint about a field, if there is one. */
    errorOf: (name: Name) => complaints.find(({ field }) => field === name)?.text,
    /** The complaint about the form as a whole. */
    formError: complaints.find(({ field }) => !field)?.text,
  };
}
