import Link from "next/link";
import type { ComponentProps } from "react";

const LOOKS = {
  main: "border-transparent bg-accent text-on-accent hover:bg-accent-strong",
  plain: "border-edge hover:bg-card",
};

interface Props extends ComponentProps<typeof Link> {
  look?: keyof typeof LOOKS;
}

/** A link that looks like a button: the next step of a page. */
export function ButtonLink({ look = "main", className = "", href, ...rest }: Props) {
  return (
    <Link
      {...rest}
      href={href}
      // The start page is a plain file: Next would ask for parts of it that do not exist.
      prefetch={href === "/" ? false : null}
      className={`inline-flex min-h-11 items-center justify-center rounded-lg border px-5 font-medium ${LOOKS[look]} ${className}`}
    />
  );
}
