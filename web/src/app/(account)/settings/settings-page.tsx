"use client";

import { Settings } from "@/features/account/settings";
import { SettingsShell } from "@/features/account/settings-shell";
import { MembersOnly } from "@/features/auth/members-only";
import { enrolment } from "../enrolment";

/** The settings of the signed-in user. */
export function SettingsPage() {
  return (
    <MembersOnly shell={<SettingsShell />} enrolment={enrolment}>
      {(user) => <Settings key={user.id} user={user} />}
    </MembersOnly>
  );
}
