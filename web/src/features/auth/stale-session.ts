import { ServiceError } from "@/lib/service-error";

/** Whether the service rejected a request because the session is too old. */
export function isStale(error: unknown): boolean {
  return error instanceof ServiceError && error.code === "SESSION_NOT_FRESH";
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
