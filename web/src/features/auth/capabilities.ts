import { useSyncExternalStore } from "react";
import { takeEarly } from "@/early/early";
import { serviceUrls } from "@/lib/service-urls";
import { withTimeout } from "@/lib/time-limit";

/** The features that auth-service is configured to offer: the body of `GET capabilities`. */
export interface Capabilities {
  signInMethods: readonly string[];
  /** In the order in which they are offered. */
  socialProviders: readonly SocialProvider[];
  signUp: { enabled: boolean; startsSession: boolean };
  password: TextLength;
  /** `null` if users have no usernames. */
  username: TextLength | null;
  mail: boolean;
  passwordReset: boolean;
  emailVerification: { enabled: boolean; required: boolean };
  changeEmail: boolean;
  deleteUser: { enabled: boolean; confirmedByMail: boolean };
  twoFactor: TwoFactorSupport;
}

/** Whether users can turn on two-factor authentication, whether they have to, and what it offers. */
export interface TwoFactorSupport {
  enabled: boolean;
  required: boolean;
  /** Whether codes are sent by email. */
  otpByMail: boolean;
  /** How long a trusted device signs in without a code, in seconds. */
  trustedDeviceTtl: number;
}

/** A provider that users can sign in with, e.g. Google. */
export interface SocialProvider {
  id: string;
  name: string;
}

/** The length of a new text, in UTF-16 code units. */
export interface TextLength {
  minLength: number;
  maxLength: number;
}

/** The capabilities and whether they have been loaded. */
export interface CapabilityState extends Capabilities {
  /** `unknown`: the request failed and the defaults apply. */
  phase: "loading" | "known" | "unknown";
}

/** The method of `signInMethods` that the sign-in form uses. */
export const EMAIL_PASSWORD = "email-password";

/** The method of `signInMethods` that the buttons of the providers use. */
const SOCIAL = "social";

/** The method of `signInMethods` that accepts a username in place of the email. */
export const USERNAME = "username";

/** The method of `signInMethods` that emails a sign-in link. */
export const MAGIC_LINK = "magic-link";

/** The method of `signInMethods` that emails a sign-in code. */
export const EMAIL_CODE = "email-otp";

/** A service with default settings and every feature enabled. The service enforces its own settings regardless. */
const DEFAULTS: CapabilityState = {
  phase: "loading",
  signInMethods: [EMAIL_PASSWORD],
  socialProviders: [],
  signUp: { enabled: true, startsSession: true },
  password: { minLength: 8, maxLength: 128 },
  username: null,
  mail: true,
  passwordReset: true,
  emailVerification: { enabled: true, required: false },
  changeEmail: true,
  deleteUser: { enabled: true, confirmedByMail: false },
  // Services that do not report it do not have it.
  twoFactor: { enabled: false, required: false, otpByMail: false, trustedDeviceTtl: 30 * 86_400 },
};

/** How long a response is used, in milliseconds: the `max-age` that the service sends. */
const MAX_AGE = 60_000;
/** Maximum time that pages wait for the response, in milliseconds. */
const TIMEOUT = 5_000;
/** How long a failure is remembered, in milliseconds, so that not every component asks a service that is down. */
const RETRY_AFTER = 10_000;

let state = DEFAULTS;
let refreshAt = Number.NEGATIVE_INFINITY;
let loading: Promise<void> | undefined;
const listeners = new Set<() => void>();

function set(next: CapabilityState): void {
  state = next;
  listeners.forEach((listener) => listener());
}

async function request(): Promise<Partial<Capabilities>> {
  const { auth } = await serviceUrls();
  const url = new URL("/api/auth/capabilities", auth);
  const send = (signal: AbortSignal) => fetch(url, { credentials: "omit", signal });
  const caller = AbortSignal.timeout(TIMEOUT);
  const response = await withTimeout(send, { caller, early: takeEarly("capabilities") });
  if (!response.ok) {
    throw new Error(`capabilities: ${response.status}`);
  }
  return (await response.json()) as Partial<Capabilities>;
}

async function load(): Promise<void> {
  try {
    const capabilities = await request();
    refreshAt = performance.now() + MAX_AGE;
    // A service of another version may omit members.
    set({ ...DEFAULTS, ...capabilities, phase: "known" });
  } catch {
    refreshAt = performance.now() + RETRY_AFTER;
    if (state.phase === "loading") {
      set({ ...state, phase: "unknown" });
    }
  } finally {
    loading = undefined;
  }
}

function refresh(): Promise<void> {
  if (performance.now() < refreshAt) {
    return Promise.resolve();
  }
  loading ??= load();
  return loading;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  void refresh();
  return () => listeners.delete(listener);
}

/** Returns the capabilities that are known now. */
export function currentCapabilities(): CapabilityState {
  return state;
}

/** Loads the capabilities. `phase` is `unknown` if the request fails. */
export async function loadedCapabilities(): Promise<CapabilityState> {
  await refresh();
  return state;
}

/** The providers that the sign-in page offers. */
export function signInProviders({ signInMethods, socialProviders }: Capabilities): readonly SocialProvider[] {
  return signInMethods.includes(SOCIAL) ? socialProviders : [];
}

/** Whether users can sign in without a password or a provider, so that some may have neither. */
export function isPasswordless({ signInMethods }: Capabilities): boolean {
  return signInMethods.includes(MAGIC_LINK) || signInMethods.includes(EMAIL_CODE);
}

/** The capabilities. They are requested when the first component needs them; until then the defaults apply. */
export function useCapabilities(): CapabilityState {
  return useSyncExternalStore(subscribe, currentCapabilities, () => DEFAULTS);
}
