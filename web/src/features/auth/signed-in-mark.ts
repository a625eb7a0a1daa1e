// The session's cookie cannot be seen by the page. This mark, which is no secret and opens nothing, tells a session
// that ended by itself from one that was never there.
const MARK = "latchkey.signed-in";

/** Remembers that somebody signed in here. */
export function setSignedInMark(): void {
  try {
    localStorage.setItem(MARK, "1");
  } catch {
    // Storage may be forbidden. An ended session is taken for a sign-out then: it is not called expired, and what was
    // typed is not kept.
  }
}

/** Forgets it: they signed out. */
export function clearSignedInMark(): void {
  try {
    localStorage.removeItem(MARK);
  } catch {
    // As above.
  }
}

/** Whether somebody signed in here and did not sign out. */
export function hasSignedInMark(): boolean {
  try {
    return localStorage.getItem(MARK) !== null;
  } catch {
    return false;
  }
}
