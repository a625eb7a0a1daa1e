import { postAuth } from "@/lib/auth-client";
import { ServiceError } from "@/lib/service-error";
import type { FormError } from "./messages";

/** The message for a name that another user has. */
export const TAKEN = "This username is already taken";

const BY_CODE: Record<string, string> = {
  USERNAME_IS_ALREADY_TAKEN: TAKEN,
  USERNAME_TOO_SHORT: "This username is too short",
  USERNAME_TOO_LONG: "This username is too long",
  INVALID_USERNAME: "Use letters, digits, dots and underscores",
  INVALID_DISPLAY_USERNAME: "Use letters, digits, dots and underscores",
  USERNAME_IS_IMMUTABLE: "Your username cannot be changed",
};

/** Explains why a username was rejected. */
export function usernameErrorFor(error: unknown): FormError | undefined {
  const text = error instanceof ServiceError ? BY_CODE[error.code] : undefined;
  return text === undefined ? undefined : { field: "username", text };
}

/** Whether no user has this username. */
export async function isUsernameAvailable(username: string): Promise<boolean> {
  const { available } = await postAuth<{ available: boolean }>("/is-username-available", { username });
  return available;
}
