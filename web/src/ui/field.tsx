import { useId, type ReactNode } from "react";

/** The texts of a labelled field. */
export interface FieldTexts {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
}

/** The attributes that connect an input to its label, hint and error. */
interface FieldAttributes {
  id: string;
  "aria-invalid": true | undefined;
  "aria-describedby": string | undefined;
}

interface Props extends FieldTexts {
  className?: string | undefined;
  children: (attributes: FieldAttributes) => ReactNode;
}

/** A label above an input, with a hint and an error that are announced by screen readers. */
export function Field({ label, hint, error, className = "", children }: Props) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div className={`flex flex-col gap-1.5 ${className}`}>
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      {children({ id, "aria-invalid": error ? true : undefined, "aria-describedby": described || undefined })}
      {hint && (
        <p id={`${id}-hint`} className="text-sm text-soft">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="text-sm font-medium text-danger">
          {error}
        </p>
      )}
    </div>
  );
}
