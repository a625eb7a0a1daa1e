// For as long as the tab is open. The mark is not secret and does not say whose it is.
const MARK = "latchkey.verify-later";

/** Remembers that the reminder to verify the email was dismissed. */
export function dismissBanner(): void {
  try {
    sessionStorage.setItem(MARK, "1");
  } catch {
    // Storage may be forbidden: the reminder comes back on the next page.
  }
}

/** Whether it was dismissed in this tab. */
export function isBannerDismissed(): boolean {
  try {
    return sessionStorage.getItem(MARK) !== null;
  } catch {
    return false;
  }
}

// src/early/begin.ts reads it, before the page is shown.
const REMINDED = "latchkey.reminded";

/** Remembers whether the reminder is shown: the page leaves room for it when it is loaded the next time. */
export function rememberBanner(shown: boolean): void {
  try {
    if (shown) {
      localStorage.setItem(REMINDED, "1");
    } else {
      localStorage.removeItem(REMINDED);
    }
  } catch {
    // Storage may be forbidden: then the page moves when the reminder appears.
  }
}

/** Forgets both when a session begins or ends. */
export function resetBanner(): void {
  try {
    sessionStorage.removeItem(MARK);
    localStorage.removeItem(REMINDED);
  } catch {
    // As above.
  }
}
