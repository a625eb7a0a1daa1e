import Link from "next/link";
import type { ReactNode } from "react";

const VARIANTS = {
  main: "border-transparent bg-accent text-on-accent hover:bg-accent-strong",
  plain: "border-edge hover:bg-card",
};

interface Props {
  href: string;
  variant?: keyof typeof VARIANTS;
  children: ReactNode;
}

/** A link styled as a button, for the next step of a page. */
export function ButtonLink({ href, variant = "main", children }: Props) {
  // The start page is a static file. Next's router would request data for it that does not exist.
  const Anchor = href === "/" ? "a" : Link;
  return (
    <Anchor
      href={href}
      className={`inline-flex min-h-11 items-center justify-center rounded-lg border px-5 font-medium ${VARIANTS[variant]}`}
    >
      {children}
    </Anchor>
  );
}
