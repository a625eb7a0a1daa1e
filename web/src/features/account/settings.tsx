"use client";

import { AccountBar } from "@/features/auth/account-bar";
import { useCapabilities } from "@/features/auth/capabilities";
import { useFreshSession } from "@/features/auth/fresh-session";
import type { User } from "@/features/auth/session";
import { ActivitySection } from "./activity-section";
import { DeleteSection } from "./delete-section";
import { DevicesSection } from "./devices-section";
import { EmailSection } from "./email-section";
import { NameSection } from "./name-section";
import { PasswordSection } from "./password-section";

/** The account settings that the service's configuration allows. */
export function Settings({ user }: { user: User }) {
  const { changeEmail, deleteUser } = useCapabilities();
  const { run, dialog } = useFreshSession(user);
  return (
    <>
      <AccountBar user={user} />
      <main className="mx-auto flex max-w-4xl flex-col gap-4 px-4 pt-6 pb-16">
        <h1 className="text-2xl font-bold">Settings</h1>
        <NameSection user={user} />
        {changeEmail && <EmailSection user={user} run={run} />}
        <PasswordSection user={user} />
        <DevicesSection user={user} run={run} />
        <ActivitySection user={user} />
        {deleteUser.enabled && <DeleteSection user={user} byMail={deleteUser.confirmedByMail} />}
        {dialog}
      </main>
    </>
  );
}
