import type { ComponentProps } from "react";

// With forced colours, the transparent border becomes visible and marks this as a button.
const VARIANTS = {
  main: "border border-transparent bg-accent text-on-accent hover:bg-accent-strong",
  plain: "border border-edge bg-card hover:border-accent",
  quiet: "border border-transparent text-soft hover:bg-page hover:text-ink",
  danger: "border border-danger text-danger hover:bg-danger-tint",
};

interface Props extends ComponentProps<"button"> {
  variant?: keyof typeof VARIANTS;
  /** The button's action is in progress: it stays focusable and ignores clicks. */
  busy?: boolean;
}

/** A button. Submits a form only with `type="submit"`. */
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
