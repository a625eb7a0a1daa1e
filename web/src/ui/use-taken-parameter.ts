import { useEffect, useState } from "react";
import { useSearch } from "./use-search";

/**
 * A parameter of the page's URL as it was when the page opened. It is removed from the URL, so that a reload or a
 * bookmark does not repeat its message.
 */
export function useTakenParameter(name: string): string | undefined {
  const found = new URLSearchParams(useSearch()).get(name);
  const [taken, setTaken] = useState<string>();
  if (found !== null && found !== taken) {
    setTaken(found);
  }
  useEffect(() => {
    if (found === null) {
      return;
    }
    const url = new URL(location.href);
    url.searchParams.delete(name);
    // Providers describe their errors, in a text that is not shown.
    url.searchParams.delete(`${name}_description`);
    // Next's router keeps its own state in the history entry and adds it again.
    history.replaceState(null, "", url.pathname + url.search + url.hash);
  }, [found, name]);
  return taken;
}
