import { useEffect, useState } from "react";

/** After so many milliseconds people wonder whether anything happens. */
const PATIENCE = 2_500;

/** Whether something has been under way for so long that the page should say so. */
export function useSlow(busy: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!busy) {
      return;
    }
    const timer = setTimeout(() => setSlow(true), PATIENCE);
    return () => {
      clearTimeout(timer);
      setSlow(false);
    };
  }, [busy]);
  return slow;
}
