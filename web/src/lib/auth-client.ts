import { createAuthClient } from "better-auth/react";
import { takeEarly } from "@/early/early";
import { ENROLMENT_REQUIRED, reportEnrolment } from "./enrolment";
import { serviceUrls } from "./service-urls";
import { ServiceError, unreachable } from "./service-error";
import { withTimeout } from "./time-limit";
import { FIRST_GENERATION, SessionEndedError, TokenCache } from "./token-cache";

// The client requires a base URL before the page knows it. `fetchFromService` replaces this placeholder.
const PLACEHOLDER = "http://auth.invalid";

/** Returns the session. If there is one, the response also carries an access token. */
const SESSION_PATH = "/api/auth/get-session";
const TOKEN_HEADER = "set-auth-jwt";

/** Requests the session and caches the access token of the response, so that a first load needs no token request. */
async function fetchSession(send: (signal: AbortSignal) => Promise<Response>, caller?: AbortSignal | null) {
  const early = takeEarly("session");
  const generation = early ? FIRST_GENERATION : tokenCache.generation;
  const response = await withTimeout(send, { caller, early });
  const token = response.headers.get(TOKEN_HEADER);
  if (token) {
    tokenCache.offer(token, generation);
  }
  return response;
}

async function fetchFromService(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const requested = new URL(input instanceof Request ? input.url : input);
  const { auth } = await serviceUrls();
  const send = (signal: AbortSignal) =>
    fetch(new URL(requested.pathname + requested.search, auth), { ...init, signal });
  const isSession = requested.pathname === SESSION_PATH && init?.method === "GET";
  return isSession ? fetchSession(send, init.signal) : withTimeout(send, { caller: init?.signal });
}

/** The official Better Auth client. Its session is in an HttpOnly cookie. */
export const authClient = createAuthClient({
  baseURL: PLACEHOLDER,
  fetchOptions: { customFetchImpl: fetchFromService },
});

if (typeof window !== "undefined") {
  // The client requests the session on its first subscription. Subscribing here starts the request before React runs.
  authClient.$store.atoms.session?.listen(() => {});
}

/** What the client returns: data or an error. */
interface Result<Data> {
  data: Data | null;
  error: { status: number; code?: string | undefined; message?: string | undefined } | null;
}

/** The error code of a request without a valid session. */
const NO_SESSION = "UNAUTHORIZED";

/** Calls the client. Every failure is thrown as a `ServiceError`, including a missing response. */
export async function callAuth<Data>(
  call: (options: { onError: (context: { response: Response }) => void }) => Promise<Result<Data>>,
): Promise<Data> {
  let wait: number | undefined;
  const onError = ({ response }: { response: Response }) => {
    const seconds = Number(response.headers.get("x-retry-after") ?? response.headers.get("retry-after") ?? Number.NaN);
    wait = Number.isFinite(seconds) ? seconds : undefined;
  };
  const { data, error } = await call({ onError }).catch((failure: unknown) => {
    throw failure instanceof ServiceError ? failure : unreachable();
  });
  if (error) {
    if (error.code === NO_SESSION) {
      // Makes the page redirect to sign-in.
      refreshSession();
    }
    if (error.code === ENROLMENT_REQUIRED) {
      reportEnrolment(true);
    }
    throw new ServiceError(error.status, error.code ?? "", error.message ?? "", wait);
  }
  return data as Data;
}

/** Posts to an endpoint that the client has no method for, because it belongs to a plugin. */
export function postAuth<Data = unknown>(path: string, body: object = {}): Promise<Data> {
  return callAuth((options) => authClient.$fetch<Data>(path, { method: "POST", body, ...options }));
}

/** Refetches the session and updates every component that uses it. */
export function refreshSession(): void {
  authClient.$store.notify("$sessionSignal");
}

async function fetchToken(): Promise<string> {
  try {
    const { token } = await callAuth<{ token: string }>((options) =>
      authClient.$fetch<{ token: string }>("/token", options),
    );
    return token;
  } catch (error) {
    if (error instanceof ServiceError && error.code === NO_SESSION) {
      throw new SessionEndedError();
    }
    throw error;
  }
}

/** The access token for the task service. */
export const tokenCache = new TokenCache(fetchToken);
