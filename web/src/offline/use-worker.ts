import { useEffect } from "react";

function register(): void {
  // Optional: without a worker only opening the page offline does not work.
  navigator.serviceWorker.register("/worker.js").catch(() => {});
}

/** Registers the service worker, which caches the page's files, once the page has loaded. */
export function useServiceWorker(): void {
  useEffect(() => {
    // In development the files change constantly. Outside secure contexts browsers have no service workers.
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
