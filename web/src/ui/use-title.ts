import { useLayoutEffect } from "react";

/** Stands between a page's title and the product's name (the template of the root layout). */
const SEPARATOR = " · ";

/** Sets the title of the document, in front of the product's name, for as long as its component is there. */
export function useTitle(title: string): void {
  useLayoutEffect(() => {
    const set = () => {
      const wanted = title + SEPARATOR + (document.title.split(SEPARATOR).at(-1) ?? "");
      if (document.title !== wanted) {
        document.title = wanted;
      }
    };
    set();
    // Next sets the title that the page was exported with once more, later than this.
    const observer = new MutationObserver(set);
    observer.observe(document.head, { childList: true, subtree: true, characterData: true });
    return () => observer.disconnect();
  }, [title]);
}
