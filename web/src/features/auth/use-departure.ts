import { useEffect, useRef, useState } from "react";
import { RESPONSE_TIMEOUT } from "@/lib/time-limit";
import { formErrorFor } from "./messages";

/** Sends the browser to a provider. The buttons stay busy until the page is left. */
export function useDeparture() {
  const [leaving, setLeaving] = useState<string>();
  const [failure, setFailure] = useState("");
  const started = useRef(false);
  const timer = useRef<number>(undefined);

  function stay() {
    clearTimeout(timer.current);
    started.current = false;
    setLeaving(undefined);
  }

  useEffect(() => {
    // The user came back, and the browser shows the page as it was left.
    const handle = ({ persisted }: PageTransitionEvent) => {
      if (persisted) {
        stay();
      }
    };
    addEventListener("pageshow", handle);
    return () => {
      removeEventListener("pageshow", handle);
      clearTimeout(timer.current);
    };
  }, []);

  async function leave(provider: string, request: () => Promise<void>) {
    if (started.current) {
      return;
    }
    started.current = true;
    setLeaving(provider);
    setFailure("");
    try {
      await request();
      // The user may stop the navigation.
      timer.current = window.setTimeout(stay, RESPONSE_TIMEOUT);
    } catch (error) {
      setFailure(formErrorFor(error).text);
      stay();
    }
  }

  return {
    leave,
    /** The provider that the browser is being sent to. */
    leaving,
    failure,
  };
}
