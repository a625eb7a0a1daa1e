import { timedOut } from "./service-error";

/**
 * Longest wait for an answer, in milliseconds, until all of its body is here. The gateway waits 5 seconds for a service
 * that restarts, so this is long enough for a slow network as well.
 */
export const RESPONSE_TIMEOUT = 15_000;

/** An answer whose body is here already: reading it cannot hang. */
async function received(response: Response): Promise<Response> {
  const { status, statusText, headers } = response;
  const body = await response.arrayBuffer();
  // Some statuses, such as 204, allow no body, not even an empty one.
  return new Response(body.byteLength > 0 ? body : null, { status, statusText, headers });
}

/** Rejects once the signal aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
  );
}

interface Options {
  /** Ends the wait too. */
  caller?: AbortSignal | null | undefined;
  /** The answer to the same request, if that was sent before. If it fails, the request is sent. */
  early?: Promise<Response> | undefined;
}

/** Sends a request and waits for the whole answer, at most `RESPONSE_TIMEOUT` milliseconds: then it fails with `timedOut()`. */
export async function withTimeout(
  send: (signal: AbortSignal) => Promise<Response>,
  { caller, early }: Options = {},
): Promise<Response> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(timedOut()), RESPONSE_TIMEOUT);
  const signal = caller ? AbortSignal.any([caller, limit.signal]) : limit.signal;
  try {
    signal.throwIfAborted();
    const answer = early?.catch(() => send(signal)) ?? send(signal);
    return await Promise.race([answer.then(received), aborted(signal)]);
  } finally {
    clearTimeout(timer);
  }
}
