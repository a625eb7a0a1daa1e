import type { User } from "@/features/auth/session";
import { usernameErrorFor } from "@/features/auth/username";
import { UsernameInput } from "@/features/auth/username-input";
import { changeUsername } from "./account";
import { SettingsForm } from "./settings-form";

const USERNAME = ["username"] as const;

/** Sets or changes the user's username. */
export function UsernameSection({ user }: { user: User }) {
  return (
    <SettingsForm
      title="Username"
      about="You can sign in with it instead of your email."
      action="Save username"
      fields={USERNAME}
      validate={({ username }) => (username.trim() ? [] : [{ field: "username", text: "Enter a username" }])}
      explain={usernameErrorFor}
      submit={async ({ username }) => {
        await changeUsername(username.trim());
        return "Username updated.";
      }}
    >
      {(errorFor) => (
        <UsernameInput
          label="Username"
          own={user.displayUsername ?? user.username ?? undefined}
          error={errorFor("username")}
        />
      )}
    </SettingsForm>
  );
}
