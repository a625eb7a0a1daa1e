"use client";

import dynamic from "next/dynamic";
import { AccountBar } from "@/features/auth/account-bar";
import { useCapabilities, USERNAME } from "@/features/auth/capabilities";
import { useFreshSession } from "@/features/auth/fresh-session";
import type { User } from "@/features/auth/session";
import { ActivitySection } from "./activity-section";
import { DeleteSection, DeleteWithoutPassword } from "./delete-section";
import { DevicesSection } from "./devices-section";
import { EmailSection } from "./email-section";
import { NameSection } from "./name-section";
import { PasswordSection } from "./password-section";
import { hasPassword, waysToSignInAgain, WITH_PASSWORD } from "./sign-in-methods";
import { SignInMethodsSection } from "./sign-in-methods-section";
import { useLinkedAccounts } from "./use-linked-accounts";
import { UsernameSection } from "./username-section";

/** The section of services that have second factors. */
const TwoFactorSection = dynamic(() => import("./two-factor/two-factor-section"), { ssr: false, loading: Loading });

/** As high as the section, so that its arrival does not move those below. */
function Loading() {
  return <div className="h-44 rounded-2xl border border-line bg-card" />;
}

/** The account settings that the service's configuration allows. */
export function Settings({ user }: { user: User }) {
  const capabilities = useCapabilities();
  const { changeEmail, deleteUser, twoFactor, signInMethods } = capabilities;
  const linked = useLinkedAccounts(user);
  const { accounts } = linked;
  const { run, dialog } = useFreshSession(user, accounts ? waysToSignInAgain(accounts, capabilities) : WITH_PASSWORD);
  // Assumed if the accounts are unknown. The service enforces its own rules regardless.
  const withPassword = !accounts || hasPassword(accounts);
  const Delete = withPassword ? DeleteSection : DeleteWithoutPassword;
  return (
    <>
      <AccountBar user={user} />
      <main className="mx-auto flex max-w-4xl flex-col gap-4 px-4 pt-6 pb-16">
        <h1 className="text-2xl font-bold">Settings</h1>
        <NameSection user={user} />
        {signInMethods.includes(USERNAME) && <UsernameSection user={user} />}
        {changeEmail && <EmailSection user={user} run={run} />}
        {linked.offered && <SignInMethodsSection user={user} run={run} linked={linked} />}
        {/* What is shown below depends on the accounts, and nothing moves if it appears with them. */}
        {!linked.loading && (
          <>
            {withPassword && <PasswordSection user={user} />}
            {twoFactor.enabled && <TwoFactorSection user={user} run={run} password={withPassword ? "yes" : "no"} />}
            <DevicesSection user={user} run={run} />
            <ActivitySection user={user} />
            {deleteUser.enabled && <Delete user={user} byMail={deleteUser.confirmedByMail} run={run} />}
          </>
        )}
        {dialog}
      </main>
    </>
  );
}
