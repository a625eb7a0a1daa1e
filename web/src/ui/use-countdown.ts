import { useEffect, useState } from "react";

const SECOND = 1_000;

function secondsUntil(time: number): number {
  return Math.max(0, Math.ceil((time - Date.now()) / SECOND));
}

/** Counts down to zero in whole seconds. The second value restarts the countdown. */
export function useCountdown(from: number): [left: number, start: (seconds: number) => void] {
  const [left, setLeft] = useState(from);
  const [end, setEnd] = useState(() => Date.now() + from * SECOND);
  const running = left > 0;

  useEffect(() => {
    if (!running) {
      return;
    }
    // Computed from the clock, because browsers throttle timers in hidden tabs.
    const timer = setInterval(() => setLeft(secondsUntil(end)), SECOND);
    return () => clearInterval(timer);
  }, [running, end]);

  return [
    left,
    (seconds) => {
      setLeft(seconds);
      setEnd(Date.now() + seconds * SECOND);
    },
  ];
}
