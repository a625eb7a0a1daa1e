import { useEffect } from "react";

function register(): void {
  // Without it the page does all but open without a network. Where that is forbidden, nobody misses it.
  navigator.serviceWorker.register("/worker.js").catch(() => {});
}

/** Has the browser keep the page's own files, once the page itself is here. */
export function useServiceWorker(): void {
  useEffect(() => {
    // In development the files change all the time, and browsers have no workers outside secure contexts.
    if (process.env.NODE_ENV !== "production" || !("serviceWorker" in navigator)) {
      return;
    }
    if (document.readyState === "complete") {
      register();
      return;
    }
    addEventListener("load", register, { once: true });
    return () => removeEventListener("load", register);
  }, []);
}
