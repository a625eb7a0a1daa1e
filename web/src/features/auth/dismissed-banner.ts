// Kept in session storage until the tab is closed. The value is not secret and does not identify the user.
const MARK = "latchkey.verify-later";

/** Remembers that the verification reminder was dismissed. */
export function dismissBanner(): void {
  try {
    sessionStorage.setItem(MARK, "1");
  } catch {
    // Storage may be blocked. The reminder then reappears on the next page.
  }
}

/** Whether the reminder was dismissed in this tab. */
export function isBannerDismissed(): boolean {
  try {
    return sessionStorage.getItem(MARK) !== null;
  } catch {
    return false;
  }
}

// src/early/begin.ts reads this before the page is shown.
const REMINDED = "latchkey.reminded";

/** Remembers whether the reminder is shown, so that the next page load reserves space for it. */
export function rememberBanner(shown: boolean): void {
  try {
    if (shown) {
      localStorage.setItem(REMINDED, "1");
    } else {
      localStorage.removeItem(REMINDED);
    }
  } catch {
    // Storage may be blocked. The page then shifts when the reminder appears.
  }
}

/** Clears both values when a session starts or ends. */
export function resetBanner(): void {
  try {
    sessionStorage.removeItem(MARK);
    localStorage.removeItem(REMINDED);
  } catch {
    // As above.
  }
}
