import { ServiceError } from "@/lib/service-error";

/** The codes of a session that is too old. The second one is the answer to a deletion without a password. */
const STALE = ["SESSION_NOT_FRESH", "SESSION_EXPIRED"];

/** Whether the service rejected a request because the session is too old. */
export function isStale(error: unknown): boolean {
  return error instanceof ServiceError && STALE.includes(error.code);
}

/**
 * Runs an action that may need a fresh session. If it does, calls `freshen` and repeats the action; if `freshen`
 * returns false, throws the service's error. Asks only once, since a session that is stale immediately would ask
 * forever.
 */
export async function withFreshSession<Result>(
  action: () => Promise<Result>,
  freshen: () => Promise<boolean>,
): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    if (!isStale(error) || !(await freshen())) {
      throw error;
    }
    return action();
  }
}
