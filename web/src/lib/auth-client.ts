import { createAuthClient } from "better-auth/react";
import { takeEarly } from "@/early/early";
import { serviceUrls } from "./service-urls";
import { ServiceError, unreachable } from "./service-error";
import { withTimeout } from "./time-limit";
import { FIRST_GENERATION, SessionEndedError, TokenCache } from "./token-cache";

// The client wants an address before the page knows one: this stands for it until a request is sent.
const PLACEHOLDER = "http://auth.invalid";

/** Who is signed in. With a session, the answer brings an access token along. */
const SESSION_PATH = "/api/auth/get-session";
const TOKEN_HEADER = "set-auth-jwt";

/** Asks who is signed in, and keeps the access token of the answer: a first load needs no request for one. */
async function fetchSession(send: (signal: AbortSignal) => Promise<Response>, caller?: AbortSignal | null) {
  const early = takeEarly("session");
  const generation = early ? FIRST_GENERATION : tokenCache.generation;
  const answer = await withTimeout(send, { caller, early });
  const token = answer.headers.get(TOKEN_HEADER);
  if (token) {
    tokenCache.offer(token, generation);
  }
  return answer;
}

async function fetchFromService(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const requested = new URL(input instanceof Request ? input.url : input);
  const { auth } = await serviceUrls();
  const send = (signal: AbortSignal) =>
    fetch(new URL(requested.pathname + requested.search, auth), { ...init, signal });
  const isSession = requested.pathname === SESSION_PATH && init?.method === "GET";
  return isSession ? fetchSession(send, init.signal) : withTimeout(send, { caller: init?.signal });
}

/** The official client of the auth service; its session lives in an HttpOnly cookie. */
export const authClient = createAuthClient({
  baseURL: PLACEHOLDER,
  fetchOptions: { customFetchImpl: fetchFromService },
});

if (typeof window !== "undefined") {
  // The client looks at the session when somebody first listens to it. By the time React does, the answer is here.
  authClient.$store.atoms.session?.listen(() => {});
}

/** What the client hands back: data, or why there is none. */
interface Answer<Data> {
  data: Data | null;
  error: { status: number; code?: string | undefined; message?: string | undefined } | null;
}

/** What the service says of a request that no live session came with. */
const NO_SESSION = "UNAUTHORIZED";

/** Runs a call of the client. Every failure is a `ServiceError`, silence too. */
export async function callAuth<Data>(
  call: (options: { onError: (context: { response: Response }) => void }) => Promise<Answer<Data>>,
): Promise<Data> {
  let wait: number | undefined;
  const onError = ({ response }: { response: Response }) => {
    const seconds = Number(response.headers.get("x-retry-after") ?? Number.NaN);
    wait = Number.isFinite(seconds) ? seconds : undefined;
  };
  const { data, error } = await call({ onError }).catch((failure: unknown) => {
    throw failure instanceof ServiceError ? failure : unreachable();
  });
  if (error) {
    if (error.code === NO_SESSION) {
      // The page leaves for the sign-in as soon as it sees that there is no session any more.
      refreshSession();
    }
    throw new ServiceError(error.status, error.code ?? "", error.message ?? "", wait);
  }
  return data as Data;
}

/** Looks at the session anew, and tells every part of the page. */
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
