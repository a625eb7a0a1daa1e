// The page cannot read the session cookie. This mark distinguishes an expired session from no session. It is not
// secret and grants no access.
const MARK = "latchkey.signed-in";

/** Records that a user signed in with this browser. */
export function setSignedInMark(): void {
  try {
    localStorage.setItem(MARK, "1");
  } catch {
    // Storage may be blocked. An expired session is then treated as a sign-out: it is not reported as expired, and
    // drafts are deleted.
  }
}

/** Clears the mark after a sign-out. */
export function clearSignedInMark(): void {
  try {
    localStorage.removeItem(MARK);
  } catch {
    // As above.
  }
}

/** Whether a user signed in with this browser and has not signed out. */
export function hasSignedInMark(): boolean {
  try {
    return localStorage.getItem(MARK) !== null;
  } catch {
    return false;
  }
}
