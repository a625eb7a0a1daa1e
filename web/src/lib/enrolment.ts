import { useSyncExternalStore } from "react";

/** The error code of a request by a user who first has to set up two-factor authentication. */
export const ENROLMENT_REQUIRED = "TWO_FACTOR_ENROLLMENT_REQUIRED";

let required = false;
const listeners = new Set<() => void>();

/** Records that the service rejected a request because the user has no second factor. */
export function reportEnrolment(isRequired: boolean): void {
  if (required !== isRequired) {
    required = isRequired;
    listeners.forEach((listener) => listener());
  }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether the service rejected a request because the user has no second factor. */
export function useReportedEnrolment(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => required,
    () => false,
  );
}
