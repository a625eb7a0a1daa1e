import { ServiceError } from "@/lib/service-error";

/** Whether the service refused something because the session began too long ago. */
export function isStale(error: unknown): boolean {
  return error instanceof ServiceError && error.code === "SESSION_NOT_FRESH";
}

/**
 * Does something that may need a fresh session. If it does, `freshen` is asked for one, and what was wanted is done
 * again; without one the refusal stands. It is asked once: a session that is stale at once would ask for ever.
 */
export async function withFreshSession<Result>(
  action: () => Promise<Result>,
  freshen: () => Promise<boolean>,
): Promise<Result> {
  try {
    return await action();
  } catch (refusal) {
    if (!isStale(refusal) || !(await freshen())) {
      throw refusal;
    }
    return action();
  }
}
