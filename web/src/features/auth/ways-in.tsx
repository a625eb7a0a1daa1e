"use client";

import { ButtonLink } from "@/ui/button-link";
import { useCapabilities } from "./capabilities";

/** The ways in from the start page: sign-up where it is enabled, and sign-in. */
export function WaysIn() {
  const { signUp } = useCapabilities();
  if (!signUp.enabled) {
    // In the first place: nothing else moves when this is known.
    return (
      <div className="flex flex-wrap gap-3">
        <ButtonLink href="/signin">Sign in</ButtonLink>
      </div>
    );
  }
  return (
    <div className="flex flex-wrap gap-3">
      <ButtonLink href="/signup">Create an account</ButtonLink>
      <ButtonLink href="/signin" look="plain">
        Sign in
      </ButtonLink>
    </div>
  );
}
