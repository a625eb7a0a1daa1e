import type { ComponentProps } from "react";
import { Field, type FieldTexts } from "./field";

interface Props extends Omit<ComponentProps<"textarea">, "id">, FieldTexts {
  name: string;
}

/** A labelled multi-line text input. */
export function TextArea({ label, hint, error, className, ...textarea }: Props) {
  return (
    <Field {...{ label, hint, error, className }}>
      {(attributes) => (
        <textarea
          {...textarea}
          {...attributes}
          className="w-full rounded-lg border border-edge bg-card px-3 py-2 aria-invalid:border-danger"
        />
      )}
    </Field>
  );
}
