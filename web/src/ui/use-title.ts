import { useLayoutEffect } from "react";

/** Separates a page's title from the product name (see the template in the root layout). */
const SEPARATOR = " · ";

/** Sets the document's title, followed by the product name, while its component is mounted. */
export function useTitle(title: string): void {
  useLayoutEffect(() => {
    const set = () => {
      const wanted = title + SEPARATOR + (document.title.split(SEPARATOR).at(-1) ?? "");
      if (document.title !== wanted) {
        document.title = wanted;
      }
    };
    set();
    // Next sets the exported title once more after this effect has run.
    const observer = new MutationObserver(set);
    observer.observe(document.head, { childList: true, subtree: true, characterData: true });
    return () => observer.disconnect();
  }, [title]);
}
