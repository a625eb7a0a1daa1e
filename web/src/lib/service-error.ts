/** A refusal by one of the services, or its silence. */
export class ServiceError extends Error {
  constructor(
    /** The HTTP status; 0 when there was no answer at all. */
    readonly status: number,
    /** The service's `UPPER_SNAKE` code, or an empty text. */
    readonly code: string,
    message: string,
    /** In how many seconds to try again, where the service says so. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** No answer: the network or the service is away. */
export function unreachable(): ServiceError {
  return new ServiceError(0, "", "no answer");
}

/** The code of a request that was given up after its time limit. */
const TIMED_OUT = "TIMED_OUT";

/** No answer in time. What was asked for may have been done all the same. */
export function timedOut(): ServiceError {
  return new ServiceError(0, TIMED_OUT, "no answer in time");
}

/** Whether a request was given up after its time limit. */
export function isTimeout(error: unknown): boolean {
  return error instanceof ServiceError && error.code === TIMED_OUT;
}

/** Makes an error of an answer's status and body, whatever that is. */
export function errorFromResponse({ status }: Response, body: unknown): ServiceError {
  const { code, message } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  return new ServiceError(status, typeof code === "string" ? code : "", typeof message === "string" ? message : "");
}

/** Whether a request was refused because what it is about does not exist, or not any more. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ServiceError && error.status === 404;
}
