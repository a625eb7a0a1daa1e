import { isTimeout, ServiceError } from "@/lib/service-error";
import { currentCapabilities, type PasswordLength } from "./capabilities";

/** The fields of the forms, by their names in the protocol. */
export type FieldName = "name" | "email" | "password" | "currentPassword";

/** What to say, and at which field; without one, for the whole form. */
export interface FormError {
  field?: FieldName;
  text: string;
}

/** The service's limits, so that a mistake is told before a request. */
const MAX_NAME_LENGTH = 100;
const MAX_EMAIL_LENGTH = 254;
/** Coarse on purpose: the service decides. */
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

const INVALID_EMAIL_FORMAT = "Invalid email format";
const WEAK_PASSWORD =
  "This password is easy to guess. Choose one that is not common, not from a data breach, and not made of your name, " +
  "your email or the name of this service.";
const INVALID_NAME = `Enter a name of at most ${MAX_NAME_LENGTH} characters`;

function characters(count: number): string {
  return count === 1 ? "1 character" : `${count} characters`;
}

/** What a new password has to be, said beside its field. */
export function passwordRule({ minLength }: PasswordLength): string {
  return `At least ${characters(minLength)}`;
}

function tooShort({ minLength }: PasswordLength): FormError {
  return { field: "password", text: `Password must be at least ${characters(minLength)}` };
}

function tooLong({ maxLength }: PasswordLength): FormError {
  return { field: "password", text: `Password must be at most ${characters(maxLength)}` };
}

const BY_CODE: Record<string, FormError> = {
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: { field: "email", text: "Email already registered" },
  INVALID_EMAIL_OR_PASSWORD: { text: "Invalid credentials" },
  INVALID_EMAIL: { field: "email", text: INVALID_EMAIL_FORMAT },
  EMAIL_NOT_VERIFIED: { text: "Verify your email first: open the link in the email we sent you." },
  // A common password, words of the account or the service, or a password from a breach.
  PASSWORD_COMPROMISED: { field: "password", text: WEAK_PASSWORD },
  INVALID_PASSWORD: { field: "currentPassword", text: "This is not your password" },
  CREDENTIAL_ACCOUNT_NOT_FOUND: { text: "This account has no password." },
  CHANGE_EMAIL_DISABLED: { text: "This service does not change addresses." },
  INVALID_CALLBACK_URL: {
    text: "You cannot be sent back to the page you came from: its origin is not one of TRUSTED_ORIGINS.",
  },
  INVALID_TOKEN: { text: "This link is no longer valid. Request a new one." },
  RESET_PASSWORD_DISABLED: { text: "This service sends no email, so it cannot reset passwords." },
  VERIFICATION_EMAIL_NOT_ENABLED: { text: "This service sends no email, so it cannot verify yours." },
  EMAIL_ALREADY_VERIFIED: { text: "This email is already verified." },
  EMAIL_MISMATCH: { field: "email", text: "This is not the address you are signed in with." },
  // Somebody was asked for the password, and cancelled.
  SESSION_NOT_FRESH: { text: "Nothing was changed. Confirm with your password to continue." },
  UNAUTHORIZED: { text: "Your session has ended. Sign in again." },
  EMAIL_PASSWORD_SIGN_UP_DISABLED: { text: "Sign-up is disabled." },
};

const BY_LENGTH: Record<string, (limits: PasswordLength) => FormError> = {
  PASSWORD_TOO_SHORT: tooShort,
  PASSWORD_TOO_LONG: tooLong,
};

const BY_FIELD: Record<FieldName, (limits: PasswordLength) => string> = {
  email: () => INVALID_EMAIL_FORMAT,
  name: () => INVALID_NAME,
  currentPassword: () => "Enter your password",
  password: ({ minLength, maxLength }) => `Enter a password of ${minLength} to ${characters(maxLength)}`,
};

/** What to say of a service that refused or kept silent, whatever was asked of it. */
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
    return "The service cannot answer right now. Please try again in a moment.";
  }
  if (error.code === "INVALID_ORIGIN") {
    return untrustedOrigin();
  }
  if (error.status === 404 && !error.code) {
    // The protocol's answer for everything that is switched off.
    return "This service does not offer that.";
  }
  return "Something went wrong. Please try again.";
}

/** What to say when the service does not trust the origin that this page was opened at. */
function untrustedOrigin(): string {
  return (
    `The service does not accept requests from ${window.location.origin}. Open this page at the service's public URL ` +
    "(BASE_URL), or have this origin added to TRUSTED_ORIGINS."
  );
}

/** What to say at a form about a refusal. */
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

/** What is wrong with the field of a form that asks for an address alone. */
export function validateEmail({ email }: { email: string }): FormError[] {
  return isEmail(email) ? [] : [{ field: "email", text: INVALID_EMAIL_FORMAT }];
}

/** What is wrong with a name. */
export function validateName({ name }: { name: string }): FormError[] {
  return !name.trim() || name.length > MAX_NAME_LENGTH ? [{ field: "name", text: INVALID_NAME }] : [];
}

/** What is wrong with the password that confirms something. */
export function validateConfirmation({ currentPassword }: { currentPassword: string }): FormError[] {
  return currentPassword ? [] : [{ field: "currentPassword", text: "Enter your password" }];
}

/** What is wrong with a new password. */
export function validatePassword(
  { password }: { password: string },
  limits = currentCapabilities().password,
): FormError[] {
  if (password.length < limits.minLength) {
    return [tooShort(limits)];
  }
  return password.length > limits.maxLength ? [tooLong(limits)] : [];
}

/** What is wrong with the fields of a new account. */
export function validateSignUp(values: { name: string; email: string; password: string }): FormError[] {
  return [...validateName(values), ...validateEmail(values), ...validatePassword(values)];
}

/** Whether this may be an address. */
function isEmail(text: string): boolean {
  return text.length <= MAX_EMAIL_LENGTH && EMAIL.test(text);
}

/** What is wrong with the fields of a sign-in: its password follows no rule, since old ones may be shorter. */
export function validateSignIn(values: { email: string; password: string }): FormError[] {
  const found = validateEmail(values);
  if (!values.password) {
    found.push({ field: "password", text: "Enter your password" });
  }
  return found;
}
