import { useEffect, useLayoutEffect, useRef, useState, type ComponentProps } from "react";
import { Field, type FieldTexts } from "./field";
import { useHydrated } from "./use-hydrated";

interface Props extends Omit<ComponentProps<"input">, "id" | "type">, FieldTexts {
  name: string;
  /** The name of the password in the label of the show/hide button, for screen readers. */
  secret?: string;
}

/** A labelled password input with a button that shows the password. Submitting the form hides it again. */
export function PasswordField({ label, hint, error, className, secret = "password", ...input }: Props) {
  const hydrated = useHydrated();
  const [shown, setShown] = useState(false);
  const wrapper = useRef<HTMLDivElement>(null);
  const caret = useRef<[start: number | null, end: number | null]>(undefined);
  const own = () => wrapper.current?.querySelector("input");

  useEffect(() => {
    // Password managers recognize a password by its input type when the form is submitted.
    const form = own()?.form;
    const hide = () => setShown(false);
    form?.addEventListener("submit", hide);
    return () => form?.removeEventListener("submit", hide);
  }, []);

  useLayoutEffect(() => {
    // Some browsers move the caret to the start when the type changes.
    if (caret.current) {
      own()?.setSelectionRange(...caret.current);
      caret.current = undefined;
    }
  }, [shown]);

  function toggle() {
    const field = own();
    caret.current = field ? [field.selectionStart, field.selectionEnd] : undefined;
    setShown(!shown);
  }

  return (
    <Field {...{ label, hint, error, className }}>
      {(attributes) => (
        <div ref={wrapper} className="relative">
          <input
            autoCapitalize="none"
            spellCheck={false}
            {...input}
            {...attributes}
            type={shown ? "text" : "password"}
            className="min-h-11 w-full rounded-lg border border-edge bg-card pr-16 pl-3 aria-invalid:border-danger [&::-ms-reveal]:hidden"
          />
          <button
            type="button"
            disabled={!hydrated}
            aria-controls={attributes.id}
            // Keeps the focus in the input, and with it a phone's on-screen keyboard.
            onMouseDown={(event) => event.preventDefault()}
            onClick={toggle}
            className="absolute inset-y-0 right-0 min-w-14 rounded-lg px-3 text-sm font-medium text-accent"
          >
            {shown ? "Hide" : "Show"}
            <span className="sr-only"> {secret}</span>
          </button>
        </div>
      )}
    </Field>
  );
}
