import Link from "next/link";
import type { ReactNode } from "react";

const LOOKS = {
  main: "border-transparent bg-accent text-on-accent hover:bg-accent-strong",
  plain: "border-edge hover:bg-card",
};

interface Props {
  href: string;
  look?: keyof typeof LOOKS;
  children: ReactNode;
}

/** A link that looks like a button: the next step of a page. */
export function ButtonLink({ href, look = "main", children }: Props) {
  // The start page is a plain file: Next would ask for parts of it that do not exist.
  const Anchor = href === "/" ? "a" : Link;
  return (
    <Anchor
      href={href}
      className={`inline-flex min-h-11 items-center justify-center rounded-lg border px-5 font-medium ${LOOKS[look]}`}
    >
      {children}
    </Anchor>
  );
}
