import type { ComponentProps } from "react";
import { Field, type FieldTexts } from "./field";

interface Props extends Omit<ComponentProps<"input">, "id">, FieldTexts {
  name: string;
}

/** A labelled single-line text input. */
export function TextField({ label, hint, error, className, ...input }: Props) {
  return (
    <Field {...{ label, hint, error, className }}>
      {(attributes) => (
        <input
          {...input}
          {...attributes}
          className="min-h-11 w-full rounded-lg border border-edge bg-card px-3 aria-invalid:border-danger"
        />
      )}
    </Field>
  );
}
