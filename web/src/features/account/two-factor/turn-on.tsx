import { useState } from "react";
import { useCapabilities } from "@/features/auth/capabilities";
import type { RunFresh } from "@/features/auth/fresh-session";
import { validateConfirmation } from "@/features/auth/messages";
import { factorErrorFor } from "@/features/auth/second-factor/verify";
import type { FactorMethod } from "@/features/auth/second-factor/challenge";
import type { User } from "@/features/auth/session";
import { ConfirmPassword } from "../confirm-password";
import { SectionForm } from "../section-form";
import { SetUp } from "./set-up";
import { beginAppSetUp, enableMailCodes, type AppSetUp } from "./two-factor";

const CONFIRM = ["currentPassword"] as const;

const METHODS: [FactorMethod, string][] = [
  ["totp", "An authenticator app on your phone or computer"],
  ["otp", "Codes by email"],
];

/** Whether the user has a password, as far as the page knows. */
export type PasswordKnown = "yes" | "no" | "unknown";

interface Props {
  user: User;
  run: RunFresh;
  password: PasswordKnown;
  /** The level of the headings of the steps. */
  level?: 2 | 3;
  /** Called when two-factor authentication is on. */
  onDone: () => void;
}

/** Turns two-factor authentication on. */
export function TurnOn({ user, run, password, level = 3, onDone }: Props) {
  const { otpByMail } = useCapabilities().twoFactor;
  const [method, setMethod] = useState<FactorMethod>("totp");
  const [setUp, setSetUp] = useState<AppSetUp>();
  if (setUp) {
    return <SetUp setUp={setUp} level={level} onDone={onDone} onCancel={() => setSetUp(undefined)} />;
  }

  async function submit({ currentPassword }: { currentPassword: string }) {
    if (method === "totp") {
      setSetUp(await run(() => beginAppSetUp(currentPassword)));
    } else {
      await run(() => enableMailCodes(currentPassword));
      onDone();
    }
    return "";
  }

  return (
    <SectionForm
      action={method === "totp" ? "Set up" : "Turn on"}
      fields={CONFIRM}
      validate={password === "yes" ? validateConfirmation : () => []}
      explain={factorErrorFor}
      submit={submit}
    >
      {(errorFor) => (
        <>
          {otpByMail && (
            <fieldset className="flex flex-col gap-1">
              <legend className="mb-1 font-medium">Method</legend>
              {METHODS.map(([value, label]) => (
                <label key={value} className="flex min-h-8 items-center gap-3">
                  <input
                    type="radio"
                    name="method"
                    value={value}
                    checked={method === value}
                    onChange={() => setMethod(value)}
                    className="size-5 shrink-0 accent-accent"
                  />
                  {label}
                </label>
              ))}
            </fieldset>
          )}
          {password !== "no" && (
            <ConfirmPassword
              user={user}
              hint={password === "unknown" ? "Leave it empty if your account has no password." : undefined}
              error={errorFor("currentPassword")}
            />
          )}
        </>
      )}
    </SectionForm>
  );
}
