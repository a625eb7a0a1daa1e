import { isTimeout, ServiceError } from "@/lib/service-error";
import { currentCapabilities, type TextLength } from "./capabilities";

/** The form fields, by their names in the protocol. */
export type FieldName = "name" | "email" | "username" | "password" | "currentPassword" | "code";

/** An error message for a field or, without a field, for the whole form. */
export interface FormError {
  field?: FieldName;
  text: string;
}

/** The service's limits, so that errors are shown before a request. */
const MAX_NAME_LENGTH = 100;
const MAX_EMAIL_LENGTH = 254;
/** Deliberately loose: the service has the final say. */
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

const INVALID_EMAIL_FORMAT = "Invalid email format";
const WEAK_PASSWORD =
  "This password is easy to guess. Choose one that is not common, has not appeared in a data breach, and is not based " +
  "on your name, your email or the name of this service.";
const NOT_CONFIRMED = "Nothing was changed. Confirm your identity to continue.";
const INVALID_NAME = `Enter a name of at most ${MAX_NAME_LENGTH} characters`;

/** A number of characters, in words. */
export function characters(count: number): string {
  return count === 1 ? "1 character" : `${count} characters`;
}

/** The rule for new passwords, shown as a hint at the field. */
export function passwordRule({ minLength }: TextLength): string {
  return `At least ${characters(minLength)}`;
}

function tooShort({ minLength }: TextLength): FormError {
  return { field: "password", text: `Password must be at least ${characters(minLength)}` };
}

function tooLong({ maxLength }: TextLength): FormError {
  return { field: "password", text: `Password must be at most ${characters(maxLength)}` };
}

const BY_CODE: Record<string, FormError> = {
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: { field: "email", text: "Email already registered" },
  INVALID_EMAIL_OR_PASSWORD: { text: "Invalid credentials" },
  INVALID_USERNAME_OR_PASSWORD: { text: "Invalid credentials" },
  INVALID_EMAIL: { field: "email", text: INVALID_EMAIL_FORMAT },
  EMAIL_NOT_VERIFIED: { text: "Verify your email first: open the link in the email we sent you." },
  BANNED_USER: { text: "You have been banned. Contact support if you believe this is an error." },
  // A common password, words from the account or the service, or a password from a breach.
  PASSWORD_COMPROMISED: { field: "password", text: WEAK_PASSWORD },
  INVALID_PASSWORD: { field: "currentPassword", text: "Incorrect password" },
  CREDENTIAL_ACCOUNT_NOT_FOUND: { text: "This account has no password." },
  CHANGE_EMAIL_DISABLED: { text: "Changing your email is disabled on this service." },
  INVALID_CALLBACK_URL: {
    text: "You cannot be sent back to the page you came from, because TRUSTED_ORIGINS does not list its origin.",
  },
  INVALID_TOKEN: { text: "This link is no longer valid. Request a new one." },
  RESET_PASSWORD_DISABLED: { text: "This service sends no email, so it cannot reset passwords." },
  VERIFICATION_EMAIL_NOT_ENABLED: { text: "This service sends no email, so it cannot verify your email." },
  EMAIL_ALREADY_VERIFIED: { text: "This email is already verified." },
  EMAIL_MISMATCH: { field: "email", text: "This is not the email you are signed in with." },
  // The user cancelled the dialog that makes the session fresh.
  SESSION_NOT_FRESH: { text: NOT_CONFIRMED },
  SESSION_EXPIRED: { text: NOT_CONFIRMED },
  UNAUTHORIZED: { text: "Your session has ended. Sign in again." },
  PROVIDER_NOT_FOUND: { text: "This provider is no longer available. Reload the page to see the current ones." },
  FAILED_TO_UNLINK_LAST_ACCOUNT: {
    text: "This is your only way to sign in. Set a password or link another provider before you unlink it.",
  },
  ACCOUNT_NOT_FOUND: { text: "This account is no longer linked." },
  EMAIL_PASSWORD_SIGN_UP_DISABLED: { text: "Sign-up is disabled." },
};

const BY_LENGTH: Record<string, (limits: TextLength) => FormError> = {
  PASSWORD_TOO_SHORT: tooShort,
  PASSWORD_TOO_LONG: tooLong,
};

const BY_FIELD: Record<FieldName, (limits: TextLength) => string> = {
  email: () => INVALID_EMAIL_FORMAT,
  name: () => INVALID_NAME,
  username: () => "Invalid username",
  code: () => "Enter the code",
  currentPassword: () => "Enter your password",
  password: ({ minLength, maxLength }) => `Enter a password of ${minLength} to ${characters(maxLength)}`,
};

/** The message for an error that no form field explains. */
export function errorMessage(error: unknown): string {
  if (!(error instanceof ServiceError)) {
    return "Something went wrong. Please try again.";
  }
  if (isTimeout(error)) {
    return "The service took too long to respond. Check your connection and try again.";
  }
  if (error.status === 0) {
    return "The service cannot be reached. Check your connection and try again.";
  }
  if (error.status === 429) {
    const wait = error.retryAfter;
    return `Too many attempts. Try again ${wait ? `in ${wait} second${wait === 1 ? "" : "s"}` : "later"}.`;
  }
  if (error.status === 503) {
    return "The service is temporarily unavailable. Please try again in a moment.";
  }
  if (error.code === "INVALID_ORIGIN") {
    return untrustedOrigin();
  }
  if (error.status === 404 && !error.code) {
    // The protocol's response for disabled features.
    return "This feature is disabled on this service.";
  }
  return "Something went wrong. Please try again.";
}

/** The message if the service does not trust the page's origin. */
function untrustedOrigin(): string {
  return (
    `The service does not accept requests from ${window.location.origin}. Open this page at the service's public URL ` +
    "(BASE_URL), or ask the administrator to add this origin to TRUSTED_ORIGINS."
  );
}

/** Maps an error to a message for a form. */
export function formErrorFor(error: unknown, limits = currentCapabilities().password): FormError {
  if (error instanceof ServiceError) {
    const known = BY_LENGTH[error.code]?.(limits) ?? BY_CODE[error.code];
    if (known) {
      return known;
    }
    const field = /\[body\.(name|email|password)\]/.exec(error.message)?.[1] as FieldName | undefined;
    if (error.code === "VALIDATION_ERROR" && field) {
      return { field, text: BY_FIELD[field](limits) };
    }
  }
  return { text: errorMessage(error) };
}

/** Validates an email. */
export function validateEmail({ email }: { email: string }): FormError[] {
  return isEmail(email) ? [] : [{ field: "email", text: INVALID_EMAIL_FORMAT }];
}

/** Validates a name. */
export function validateName({ name }: { name: string }): FormError[] {
  return !name.trim() || name.length > MAX_NAME_LENGTH ? [{ field: "name", text: INVALID_NAME }] : [];
}

/** Validates the current password that confirms an action. */
export function validateConfirmation({ currentPassword }: { currentPassword: string }): FormError[] {
  return currentPassword ? [] : [{ field: "currentPassword", text: "Enter your password" }];
}

/** Validates a new password. */
export function validatePassword(
  { password }: { password: string },
  limits = currentCapabilities().password,
): FormError[] {
  if (password.length < limits.minLength) {
    return [tooShort(limits)];
  }
  return password.length > limits.maxLength ? [tooLong(limits)] : [];
}

/** Validates the fields of a sign-up. */
export function validateSignUp(values: { name: string; email: string; password: string }): FormError[] {
  return [...validateName(values), ...validateEmail(values), ...validatePassword(values)];
}

/** Whether the text looks like an email. */
function isEmail(text: string): boolean {
  return text.length <= MAX_EMAIL_LENGTH && EMAIL.test(text);
}

/** Validates the fields of a sign-in. Existing passwords may be shorter than the rule for new ones. */
export function validateSignIn(values: { email: string; password: string }, orUsername = false): FormError[] {
  const isUsername = orUsername && values.email.trim() !== "" && !values.email.includes("@");
  const found = isUsername ? [] : validateEmail(values);
  if (!values.password) {
    found.push({ field: "password", text: "Enter your password" });
  }
  return found;
}
