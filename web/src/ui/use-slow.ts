import { useEffect, useState } from "react";

/** Milliseconds after which users wonder whether anything is happening. */
const SLOW_AFTER = 2_500;

/** Whether an operation takes so long that the page should report it. */
export function useSlow(busy: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!busy) {
      return;
    }
    const timer = setTimeout(() => setSlow(true), SLOW_AFTER);
    return () => {
      clearTimeout(timer);
      setSlow(false);
    };
  }, [busy]);
  return slow;
}
