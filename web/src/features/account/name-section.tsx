import { validateName } from "@/features/auth/messages";
import type { User } from "@/features/auth/session";
import { TextField } from "@/ui/text-field";
import { rename } from "./account";
import { SettingsForm } from "./settings-form";

const NAME = ["name"] as const;

/** Changes the user's name. */
export function NameSection({ user }: { user: User }) {
  return (
    <SettingsForm
      title="Name"
      action="Save name"
      fields={NAME}
      validate={validateName}
      submit={async ({ name }) => {
        await rename(name.trim());
        return "Name updated.";
      }}
    >
      {(errorFor) => (
        <TextField
          label="Name"
          name="name"
          autoComplete="name"
          dir="auto"
          defaultValue={user.name}
          error={errorFor("name")}
        />
      )}
    </SettingsForm>
  );
}
