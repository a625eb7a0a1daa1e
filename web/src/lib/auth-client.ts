import { createAuthClient } from "better-auth/react";
import { addresses } from "./addresses";
import { ServiceError, unreachable } from "./service-error";
import { withinLimit } from "./time-limit";
import { SessionGone, TokenKeeper } from "./token-keeper";

// The client wants an address before the page knows one: this stands for it until a request is sent.
const PLACEHOLDER = "http://auth.invalid";

async function fetchFromService(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const asked = new URL(input instanceof Request ? input.url : input);
  const { auth } = await addresses();
  return withinLimit(
    (signal) => fetch(new URL(asked.pathname + asked.search, auth), { ...init, signal }),
    init?.signal,
  );
}

/** The official client of the auth service; its session lives in an HttpOnly cookie. */
export const authClient = createAuthClient({
  baseURL: PLACEHOLDER,
  fetchOptions: { customFetchImpl: fetchFromService },
});

/** What the client hands back: data, or why there is none. */
interface Answer<Data> {
  data: Data | null;
  error: { status: number; code?: string | undefined; message?: string | undefined } | null;
}

/** What the service says of a request that no live session came with. */
const NO_SESSION = "UNAUTHORIZED";

/** Runs a call of the client. Every failure is a `ServiceError`, silence too. */
export async function asked<Data>(
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
      lookAtSession();
    }
    throw new ServiceError(error.status, error.code ?? "", error.message ?? "", wait);
  }
  return data as Data;
}

/** Looks at the session anew, and tells every part of the page. */
export function lookAtSession(): void {
  authClient.$store.notify("$sessionSignal");
}

async function fetchToken(): Promise<string> {
  try {
    const { token } = await asked<{ token: string }>((options) =>
      authClient.$fetch<{ token: string }>("/token", options),
    );
    return token;
  } catch (error) {
    if (error instanceof ServiceError && error.code === NO_SESSION) {
      throw new SessionGone();
    }
    throw error;
  }
}

/** The access token for the task service. */
export const tokenKeeper = new TokenKeeper(fetchToken);
