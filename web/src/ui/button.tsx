import type { ComponentProps } from "react";

// Where the system chooses the colours, the border that cannot be seen is what shows that this is a button.
const VARIANTS = {
  main: "border border-transparent bg-accent text-on-accent hover:bg-accent-strong",
  plain: "border border-edge bg-card hover:border-accent",
  quiet: "border border-transparent text-soft hover:bg-page hover:text-ink",
  danger: "border border-danger text-danger hover:bg-danger-tint",
};

interface Props extends ComponentProps<"button"> {
  variant?: keyof typeof VARIANTS;
  /** Something is under way: the button stays where it is, can be reached, and does nothing. */
  busy?: boolean;
}

/** A button; never submits a form unless told to. */
export function Button({ variant = "plain", busy = false, className = "", type = "button", onClick, ...rest }: Props) {
  return (
    <button
      {...rest}
      type={type}
      aria-disabled={busy || undefined}
      onClick={(event) => (busy ? event.preventDefault() : onClick?.(event))}
      className={`inline-flex min-h-10 items-center justify-center gap-2 rounded-lg px-4 font-medium transition-colors aria-disabled:opacity-60 ${VARIANTS[variant]} ${className}`}
    />
  );
}
