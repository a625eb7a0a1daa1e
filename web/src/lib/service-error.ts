/** An error response from a service, or no response at all. */
export class ServiceError extends Error {
  constructor(
    /** The HTTP status; 0 if there was no response. */
    readonly status: number,
    /** The service's `UPPER_SNAKE` error code, or an empty string. */
    readonly code: string,
    message: string,
    /** Seconds to wait before a retry, if the service reports it. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** The error for a request that got no response: the network or the service is down. */
export function unreachable(): ServiceError {
  return new ServiceError(0, "", "no response");
}

/** The error code of a request that timed out. */
const TIMED_OUT = "TIMED_OUT";

/** The error for a request that timed out. The service may have processed it. */
export function timedOut(): ServiceError {
  return new ServiceError(0, TIMED_OUT, "timed out");
}

/** Whether a request timed out. */
export function isTimeout(error: unknown): boolean {
  return error instanceof ServiceError && error.code === TIMED_OUT;
}

/** Creates an error from the status and body of a response. The body may have any shape. */
export function errorFromResponse({ status }: Response, body: unknown): ServiceError {
  const { code, message } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  return new ServiceError(status, typeof code === "string" ? code : "", typeof message === "string" ? message : "");
}

/** Whether a request failed because its resource does not exist or was deleted. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ServiceError && error.status === 404;
}
