"use client";

import { Settings } from "@/features/account/settings";
import { MembersOnly } from "@/features/auth/members-only";

/** The settings of who is signed in. */
export function SettingsPage() {
  return <MembersOnly>{(user) => <Settings key={user.id} user={user} />}</MembersOnly>;
}
