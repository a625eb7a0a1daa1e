/** A method that a sign-in accepts as its second factor: an authenticator app, or a code by email. */
export type FactorMethod = "totp" | "otp";

const METHODS: readonly FactorMethod[] = ["totp", "otp"];

/** A sign-in that continues with a second factor. */
export interface Challenge {
  methods: readonly FactorMethod[];
}

/** Returns the known methods of a list, in the order in which the page offers them. */
export function knownMethods(names: readonly unknown[]): FactorMethod[] {
  return METHODS.filter((method) => names.includes(method));
}

/** Returns the challenge of a response to a sign-in, if it did not start a session. */
export function challengeIn(answer: unknown): Challenge | undefined {
  const { twoFactorRedirect, twoFactorMethods } = (answer ?? {}) as Record<string, unknown>;
  return twoFactorRedirect === true
    ? { methods: knownMethods(Array.isArray(twoFactorMethods) ? twoFactorMethods : []) }
    : undefined;
}

/** What the page knows about the sign-in that was challenged, beyond its URL. */
interface Pending {
  /** The URL of the application that sent the browser here. The service has accepted it. */
  application?: string | undefined;
  /** The token of the session that the sign-in replaces. */
  replaces?: string | undefined;
}

let pending: Pending | undefined;

// In session storage, which no other origin can write: phones often reload a page after a visit to another app.
const APPLICATION = "latchkey.application";

/** Remembers a challenged sign-in until its second factor is verified. */
export function beginChallenge(began: Pending): void {
  pending = began;
  try {
    sessionStorage.removeItem(APPLICATION);
    if (began.application) {
      sessionStorage.setItem(APPLICATION, began.application);
    }
  } catch {
    // Storage may be blocked. After a reload, the sign-in leads to the page's own tasks.
  }
}

/** Whether a sign-in of this page is waiting for its second factor. */
export function isChallenged(): boolean {
  return pending !== undefined;
}

/** The URL of the application that sent the browser here to sign in, if one did. */
export function challengedApplication(): string | undefined {
  try {
    return pending?.application ?? sessionStorage.getItem(APPLICATION) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Returns what was remembered, once. */
export function endChallenge(): Pending {
  const ended = { ...pending, application: challengedApplication() };
  pending = undefined;
  try {
    sessionStorage.removeItem(APPLICATION);
  } catch {
    // As above.
  }
  return ended;
}
