import type { SecurityEvent } from "./account";
import { deviceName } from "./device-name";

const TEXTS: Record<string, string> = {
  "account.linked": "Sign-in method added",
  "account.locked": "Sign-in blocked after too many wrong passwords",
  "account.unlinked": "Sign-in method removed",
  "backup_codes.replaced": "New backup codes created",
  "code.refused": "Wrong code entered",
  "device.trust_revoked": "Trusted device removed",
  "device.trusted": "Device trusted to sign in without a code",
  "email.change_requested": "Change of email requested",
  "email.changed": "Email changed",
  "email.verification_requested": "Verification link requested",
  "email.verified": "Email verified",
  "link.refused": "Invalid link opened",
  "password.changed": "Password changed",
  "password.refused": "Wrong password entered to confirm a change",
  "password.reset": "Password reset by a link",
  "password.reset_requested": "Password reset requested",
  "second_factor.added": "Two-factor authentication turned on",
  "second_factor.proven": "Code for two-factor authentication entered",
  "second_factor.refused": "Wrong code for two-factor authentication entered",
  "second_factor.removed": "Two-factor authentication turned off",
  "session.ended": "Signed out",
  "session.revoked": "Device signed out",
  "sessions.conflicting": "Request with the sessions of two users refused",
  "sessions.revoked": "Other devices signed out",
  "sign_in.refused": "Sign-in failed",
  "sign_in.requested": "Link or code to sign in requested",
  "user.banned": "Account banned",
  "user.created": "Account created",
  "user.deletion_requested": "Deletion of the account requested",
  "user.unbanned": "Ban removed",
  "user.updated": "Name or picture changed",
};

/** Describes an event in a few words. `null` for one that another event of the same request describes better. */
export function describe({ event, userAgent, reason, count }: SecurityEvent): string | null {
  if (event === "link.used" || event === "code.used" || (event === "session.ended" && reason === "replaced")) {
    return null;
  }
  const text =
    event === "session.started"
      ? `Signed in with ${deviceName(userAgent)}`
      : (TEXTS[event] ?? event.replace(/[._]/g, " "));
  return count !== null && count > 1 && event !== "sessions.revoked" ? `${text} (${count} times)` : text;
}
