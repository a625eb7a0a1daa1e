import { useEffect, useId, useRef, type ReactNode } from "react";
import type { FieldName } from "@/features/auth/messages";
import { SectionForm, type SectionFormProps } from "./section-form";

interface Props<Name extends FieldName> extends SectionFormProps<Name> {
  /** The URL fragment of this section, e.g. `password` for `/settings#password`. */
  id?: string;
  title: string;
  about?: ReactNode;
}

/** A section of the settings with one form. */
export function SettingsForm<Name extends FieldName>({ id, title, about, ...form }: Props<Name>) {
  const heading = useId();
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    // The browser looked for the fragment before this section was rendered.
    if (id && location.hash === `#${id}`) {
      section.current?.scrollIntoView();
      section.current?.querySelector<HTMLElement>("input:not([autocomplete=username])")?.focus({ preventScroll: true });
    }
  }, [id]);
  return (
    <section
      ref={section}
      id={id}
      aria-labelledby={heading}
      className="rounded-2xl border border-line bg-card p-5 sm:p-6"
    >
      <h2 id={heading} className="mb-1 text-lg font-bold">
        {title}
      </h2>
      {about && <p className="mb-3 text-soft">{about}</p>}
      <SectionForm {...form} />
    </section>
  );
}
