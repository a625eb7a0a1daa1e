import { timedOut } from "./service-error";

/**
 * Maximum time for a response, its whole body included, in milliseconds. The gateway waits 5 seconds for a restarting
 * service; the rest is for slow networks.
 */
export const RESPONSE_TIMEOUT = 15_000;

/** Reads the whole body, so that reading the returned response cannot hang. */
async function readBody(response: Response): Promise<Response> {
  const { status, statusText, headers } = response;
  const body = await response.arrayBuffer();
  // Some statuses, e.g. 204, do not allow a body, not even an empty one.
  return new Response(body.byteLength > 0 ? body : null, { status, statusText, headers });
}

/** Rejects once the signal aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
  );
}

interface Options {
  /** Aborts the request too. */
  caller?: AbortSignal | null | undefined;
  /** The response to the same request, if it was sent early. If it fails, the request is sent again. */
  early?: Promise<Response> | undefined;
}

/** Sends a request and waits for the whole response. Fails with `timedOut()` after `RESPONSE_TIMEOUT` milliseconds. */
export async function withTimeout(
  send: (signal: AbortSignal) => Promise<Response>,
  { caller, early }: Options = {},
): Promise<Response> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(timedOut()), RESPONSE_TIMEOUT);
  const signal = caller ? AbortSignal.any([caller, limit.signal]) : limit.signal;
  try {
    signal.throwIfAborted();
    const response = early?.catch(() => send(signal)) ?? send(signal);
    return await Promise.race([response.then(readBody), aborted(signal)]);
  } finally {
    clearTimeout(timer);
  }
}
