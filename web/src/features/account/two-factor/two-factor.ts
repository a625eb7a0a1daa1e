import { authClient, callAuth, postAuth, refreshSession, tokenCache } from "@/lib/auth-client";
import { notifyTabs } from "@/lib/tabs";
import { verifyCode } from "@/features/auth/second-factor/verify";

/** What a user needs to set up an authenticator app. It is shown once. */
export interface AppSetUp {
  /** The `otpauth:` URI that the QR code contains. */
  totpURI: string;
  backupCodes: string[];
}

/** A device that the user trusts, so that a sign-in there needs no second factor. */
export interface TrustedDevice {
  id: string;
  createdAt: string;
  lastUsedAt: string | null;
  expiresAt: string;
  ipAddress: string | null;
  userAgent: string | null;
  /** Whether it is the device that asks. */
  current: boolean;
}

/** The confirmation of a user who has a password. */
function confirmation(password: string) {
  return password ? { password } : {};
}

/** Updates every tab after the service has replaced the session cookie. */
function sessionReplaced(): void {
  tokenCache.clear();
  refreshSession();
  notifyTabs("signed-in");
}

/** Starts the set-up of an authenticator app. `confirmApp` completes it. */
export function beginAppSetUp(password: string): Promise<AppSetUp> {
  return postAuth<AppSetUp>("/two-factor/enable", { ...confirmation(password), method: "totp" });
}

/** Completes the set-up with the first code of the app. */
export async function confirmApp(code: string): Promise<void> {
  await verifyCode("totp", code);
  sessionReplaced();
}

/** Turns on codes by email. */
export async function enableMailCodes(password: string): Promise<void> {
  await postAuth("/two-factor/enable", { ...confirmation(password), method: "otp" });
  sessionReplaced();
}

/** Turns two-factor authentication off. */
export async function disableTwoFactor(password: string): Promise<void> {
  await postAuth("/two-factor/disable", confirmation(password));
  sessionReplaced();
}

/** Replaces the backup codes. */
export async function newBackupCodes(password: string): Promise<string[]> {
  const path = "/two-factor/generate-backup-codes";
  const { backupCodes } = await postAuth<{ backupCodes: string[] }>(path, confirmation(password));
  return backupCodes;
}

/** Lists the user's trusted devices. */
export function trustedDevices(): Promise<TrustedDevice[]> {
  return callAuth((options) => authClient.$fetch<TrustedDevice[]>("/two-factor/trusted-devices", options));
}

/** Stops trusting a device. */
export async function revokeTrustedDevice(id: string): Promise<void> {
  await postAuth("/two-factor/revoke-trusted-device", { id });
}

/** The secret in an `otpauth:` URI, in groups of four characters. */
export function secretIn(totpURI: string): string {
  const secret = new URL(totpURI).searchParams.get("secret") ?? "";
  return secret.replaceAll(/(.{4})(?=.)/g, "$1 ");
}
