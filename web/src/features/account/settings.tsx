"use client";

import { AccountBar } from "@/features/auth/account-bar";
import { useFreshSession } from "@/features/auth/fresh-session";
import { confirmationMistakes, emailMistakes, nameMistakes, passwordMistakes } from "@/features/auth/messages";
import { NewPasswordField } from "@/features/auth/new-password-field";
import { leave, type User } from "@/features/auth/session";
import { TextField } from "@/ui/text-field";
import { changeEmail, changePassword, deleteAccount, rename } from "./account";
import { DevicesSection } from "./devices-section";
import { SettingsForm } from "./settings-form";

const NAME = ["name"] as const;
const EMAIL = ["email"] as const;
const PASSWORDS = ["currentPassword", "password"] as const;
const CONFIRM = ["currentPassword"] as const;

// The service cancels such links with the session that asked for them.
const CHANGE_BEGUN =
  "If the address can be used, a link is on its way by email. Stay signed in here until you have opened it.";
const DELETION_BEGUN =
  "Check your email for the link that deletes your account. Stay signed in here, and open it in this browser.";

/** Everything about the account that its owner can change. */
export function Settings({ user }: { user: User }) {
  const { run, dialog } = useFreshSession(user);
  return (
    <>
      <AccountBar user={user} />
      <main className="mx-auto flex max-w-4xl flex-col gap-4 px-4 pt-6 pb-16">
        <h1 className="text-2xl font-bold">Settings</h1>
        <SettingsForm
          title="Name"
          action="Save name"
          fields={NAME}
          mistakes={nameMistakes}
          submit={async ({ name }) => {
            await rename(name.trim());
            return "Your name is changed.";
          }}
        >
          {(errorOf) => (
            <TextField label="Name" name="name" autoComplete="name" defaultValue={user.name} error={errorOf("name")} />
          )}
        </SettingsForm>
        <SettingsForm
          title="Email"
          about={`Your address is ${user.email}.`}
          action="Change address"
          fields={EMAIL}
          mistakes={(values) =>
            values.email.toLowerCase() === user.email
              ? [{ field: "email", text: "This is your address already" }]
              : emailMistakes(values)
          }
          submit={async ({ email }) => {
            await run(() => changeEmail(email));
            return CHANGE_BEGUN;
          }}
        >
          {(errorOf) => (
            <TextField
              label="New address"
              name="email"
              type="email"
              autoComplete="email"
              autoCapitalize="none"
              spellCheck={false}
              error={errorOf("email")}
            />
          )}
        </SettingsForm>
        <SettingsForm
          title="Password"
          about="Your other devices are signed out with it."
          action="Change password"
          fields={PASSWORDS}
          mistakes={(values) => [...confirmationMistakes(values), ...passwordMistakes(values)]}
          submit={async ({ currentPassword, password }) => {
            await changePassword(currentPassword, password);
            return "Your password is changed.";
          }}
        >
          {(errorOf) => (
            <>
              <TextField
                label="Current password"
                name="currentPassword"
                type="password"
                autoComplete="current-password"
                error={errorOf("currentPassword")}
              />
              <NewPasswordField label="New password" error={errorOf("password")} />
            </>
          )}
        </SettingsForm>
        <DevicesSection user={user} run={run} />
        <SettingsForm
          title="Delete the account"
          about="It cannot be brought back."
          action="Delete account"
          danger
          fields={CONFIRM}
          mistakes={confirmationMistakes}
          submit={async ({ currentPassword }) => {
            if (!(await deleteAccount(currentPassword))) {
              return DELETION_BEGUN;
            }
            leave();
            return "Your account is deleted.";
          }}
        >
          {(errorOf) => (
            <TextField
              label="Password, to confirm"
              name="currentPassword"
              type="password"
              autoComplete="current-password"
              error={errorOf("currentPassword")}
            />
          )}
        </SettingsForm>
        {dialog}
      </main>
    </>
  );
}
