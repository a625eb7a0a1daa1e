import { useSyncExternalStore } from "react";
import { dayOf } from "./due";

/** Maximum time between reads of the clock, in milliseconds: it may be changed, or the machine may have slept. */
const MAX_WAIT = 60_000;

function untilTomorrow(now: Date): number {
  const tomorrow = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
  return tomorrow.getTime() - now.getTime();
}

function subscribe(listener: () => void) {
  let timer: ReturnType<typeof setTimeout>;
  const look = () => {
    listener();
    timer = setTimeout(look, Math.min(untilTomorrow(new Date()), MAX_WAIT));
  };
  look();
  document.addEventListener("visibilitychange", listener);
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", listener);
  };
}

/** Today in the reader's time zone, as `YYYY-MM-DD`. Updates at midnight. */
export function useToday(): string {
  return useSyncExternalStore(
    subscribe,
    () => dayOf(new Date()),
    // The exported HTML contains no tasks.
    () => "",
  );
}
