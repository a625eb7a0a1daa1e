import { postAuth } from "@/lib/auth-client";
import { ServiceError } from "@/lib/service-error";
import { currentCapabilities, type Capabilities, type TextLength } from "./capabilities";
import { characters, type FormError } from "./messages";

/** The message for a name that another user has. */
export const TAKEN = "This username is already taken";

/** The lengths of a service with default settings. */
const DEFAULT_LENGTH: TextLength = { minLength: 3, maxLength: 30 };

const BY_CODE: Record<string, string | ((length: TextLength) => string)> = {
  USERNAME_IS_ALREADY_TAKEN: TAKEN,
  USERNAME_TOO_SHORT: ({ minLength }) => `Use at least ${characters(minLength)}`,
  USERNAME_TOO_LONG: ({ maxLength }) => `Use at most ${characters(maxLength)}`,
  INVALID_USERNAME: "Use letters, digits, dots and underscores",
  INVALID_DISPLAY_USERNAME: "Use letters, digits, dots and underscores",
  USERNAME_IS_IMMUTABLE: "Your username cannot be changed",
};

/** The rule for new usernames, shown as a hint at the field. */
export function usernameRule({ username }: Capabilities): string {
  const { minLength, maxLength } = username ?? DEFAULT_LENGTH;
  return `${minLength} to ${maxLength} letters, digits, dots and underscores`;
}

/** Explains why a username was rejected. */
export function usernameErrorFor(error: unknown): FormError | undefined {
  const found = error instanceof ServiceError ? BY_CODE[error.code] : undefined;
  const text = typeof found === "function" ? found(currentCapabilities().username ?? DEFAULT_LENGTH) : found;
  return text === undefined ? undefined : { field: "username", text };
}

/** Whether no user has this username. */
export async function isUsernameAvailable(username: string): Promise<boolean> {
  const { available } = await postAuth<{ available: boolean }>("/is-username-available", { username });
  return available;
}
