import { isTimeout, ServiceError } from "@/lib/service-error";

/** The fields of the forms, by their names in the protocol. */
export type FieldName = "name" | "email" | "password" | "currentPassword";

/** What to say, and at which field; without one, for the whole form. */
export interface Complaint {
  field?: FieldName;
  text: string;
}

/** The service's limits, so that a mistake is told before a request. */
const LONGEST_NAME = 100;
const LONGEST_EMAIL = 254;
const SHORTEST_PASSWORD = 8;
const LONGEST_PASSWORD = 128;
/** Coarse on purpose: the service decides. */
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** What a new password has to be, said beside its field. */
export const PASSWORD_RULE = `At least ${SHORTEST_PASSWORD} characters`;

const BAD_EMAIL = "Invalid email format";
const SHORT_PASSWORD = `Password must be at least ${SHORTEST_PASSWORD} characters`;
const LONG_PASSWORD = `Password must be at most ${LONGEST_PASSWORD} characters`;
const BAD_NAME = `Enter a name of at most ${LONGEST_NAME} characters`;

/** What to say of a link that was used, is too old, or whose session, password or account is not the same any more. */
export const DEAD_LINK = "This link is no longer valid. Ask for a new one.";

const BY_CODE: Record<string, Complaint> = {
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: { field: "email", text: "Email already registered" },
  INVALID_EMAIL_OR_PASSWORD: { text: "Invalid credentials" },
  INVALID_EMAIL: { field: "email", text: BAD_EMAIL },
  PASSWORD_TOO_SHORT: { field: "password", text: SHORT_PASSWORD },
  PASSWORD_TOO_LONG: { field: "password", text: LONG_PASSWORD },
  EMAIL_NOT_VERIFIED: { text: "Verify your email address first: follow the link in the mail we sent you." },
  INVALID_PASSWORD: { field: "currentPassword", text: "This is not your password" },
  CREDENTIAL_ACCOUNT_NOT_FOUND: { text: "This account has no password." },
  CHANGE_EMAIL_DISABLED: { text: "This service does not change addresses." },
  INVALID_CALLBACK_URL: {
    text: "You cannot be sent back to the page you came from: its origin is not one of TRUSTED_ORIGINS.",
  },
  INVALID_TOKEN: { text: DEAD_LINK },
  RESET_PASSWORD_DISABLED: { text: "This service sends no mail, so it cannot reset passwords." },
  VERIFICATION_EMAIL_NOT_ENABLED: { text: "This service sends no mail, so it cannot verify addresses." },
  EMAIL_ALREADY_VERIFIED: { text: "This address is verified already." },
  EMAIL_MISMATCH: { field: "email", text: "This is not the address you are signed in with." },
  // Somebody was asked for the password, and cancelled.
  SESSION_NOT_FRESH: { text: "Nothing was changed. Confirm with your password to continue." },
  UNAUTHORIZED: { text: "Your session has ended. Sign in again." },
  EMAIL_PASSWORD_SIGN_UP_DISABLED: { text: "New accounts cannot be made here." },
};

const BY_FIELD: Record<FieldName, string> = {
  email: BAD_EMAIL,
  name: BAD_NAME,
  currentPassword: "Enter your password",
  password: `Enter a password of ${SHORTEST_PASSWORD} to ${LONGEST_PASSWORD} characters`,
};

/** What to say of a service that refused or kept silent, whatever was asked of it. */
export function plainMessage(error: unknown): string {
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
export function complaintOf(error: unknown): Complaint {
  if (error instanceof ServiceError) {
    const known = BY_CODE[error.code];
    if (known) {
      return known;
    }
    const field = /\[body\.(name|email|password)\]/.exec(error.message)?.[1] as FieldName | undefined;
    if (error.code === "VALIDATION_ERROR" && field) {
      return { field, text: BY_FIELD[field] };
    }
  }
  return { text: plainMessage(error) };
}

/** What is wrong with the field of a form that asks for an address alone. */
export function emailMistakes({ email }: { email: string }): Complaint[] {
  return isEmail(email) ? [] : [{ field: "email", text: BAD_EMAIL }];
}

/** What is wrong with a name. */
export function nameMistakes({ name }: { name: string }): Complaint[] {
  return !name.trim() || name.length > LONGEST_NAME ? [{ field: "name", text: BAD_NAME }] : [];
}

/** What is wrong with the password that confirms something. */
export function confirmationMistakes({ currentPassword }: { currentPassword: string }): Complaint[] {
  return currentPassword ? [] : [{ field: "currentPassword", text: "Enter your password" }];
}

/** What is wrong with a new password. */
export function passwordMistakes({ password }: { password: string }): Complaint[] {
  if (password.length < SHORTEST_PASSWORD) {
    return [{ field: "password", text: SHORT_PASSWORD }];
  }
  return password.length > LONGEST_PASSWORD ? [{ field: "password", text: LONG_PASSWORD }] : [];
}

/** What is wrong with the fields of a new account. */
export function mistakes(values: { name: string; email: string; password: string }): Complaint[] {
  return [...nameMistakes(values), ...emailMistakes(values), ...passwordMistakes(values)];
}

/** Whether this may be an address. */
function isEmail(text: string): boolean {
  return text.length <= LONGEST_EMAIL && EMAIL.test(text);
}

/** What is wrong with the fields of a sign-in: its password follows no rule, since old ones may be shorter. */
export function signInMistakes(values: { email: string; password: string }): Complaint[] {
  const found = emailMistakes(values);
  if (!values.password) {
    found.push({ field: "password", text: "Enter your password" });
  }
  return found;
}
