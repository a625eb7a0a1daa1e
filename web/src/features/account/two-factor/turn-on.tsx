import { useEffect, useRef, useState } from "react";
import { useCapabilities } from "@/features/auth/capabilities";
import type { RunFresh } from "@/features/auth/fresh-session";
import { validateConfirmation } from "@/features/auth/messages";
import { factorErrorFor } from "@/features/auth/second-factor/verify";
import type { FactorMethod } from "@/features/auth/second-factor/challenge";
import type { User } from "@/features/auth/session";
import { Button } from "@/ui/button";
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
  /** Whether the form is shown without a button that opens it. */
  opened?: boolean;
  /** The level of the headings of the steps. */
  level?: 2 | 3;
  /** Called when two-factor authentication is on. */
  onDone: () => void;
}

interface ChoiceProps extends Pick<Props, "user" | "run" | "password" | "onDone"> {
  onSetUp: (setUp: AppSetUp) => void;
  onCancel?: () => void;
}

/** The choice of the method, and the password that confirms it. */
function Choice({ user, run, password, onSetUp, onDone, ...cancel }: ChoiceProps) {
  const { otpByMail } = useCapabilities().twoFactor;
  const [method, setMethod] = useState<FactorMethod>("totp");
  const content = useRef<HTMLDivElement>(null);

  useEffect(() => {
    // The button that had the focus is gone.
    if (document.activeElement === document.body) {
      content.current?.focus();
    }
  }, []);

  async function submit({ currentPassword }: { currentPassword: string }) {
    if (method === "totp") {
      onSetUp(await run(() => beginAppSetUp(currentPassword)));
    } else {
      await run(() => enableMailCodes(currentPassword));
      onDone();
    }
    return "";
  }

  return (
    <div ref={content} tabIndex={-1}>
      <SectionForm
        action={method === "totp" ? "Continue" : "Turn on"}
        fields={CONFIRM}
        validate={password === "yes" ? validateConfirmation : () => []}
        explain={factorErrorFor}
        submit={submit}
        {...cancel}
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
    </div>
  );
}

/** Turns two-factor authentication on. */
export function TurnOn({ user, run, password, opened = false, level = 3, onDone }: Props) {
  const [open, setOpen] = useState(opened);
  const [setUp, setSetUp] = useState<AppSetUp>();
  if (!open) {
    return <Button onClick={() => setOpen(true)}>Set up</Button>;
  }
  if (setUp) {
    return <SetUp setUp={setUp} run={run} level={level} onDone={onDone} onCancel={() => setSetUp(undefined)} />;
  }

  return (
    <Choice
      user={user}
      run={run}
      password={password}
      onSetUp={setSetUp}
      onDone={onDone}
      {...(!opened && { onCancel: () => setOpen(false) })}
    />
  );
}
