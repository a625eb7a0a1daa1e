import { useEffect, useRef, useState } from "react";
import type { RunFresh } from "@/features/auth/fresh-session";
import { validateConfirmation } from "@/features/auth/messages";
import { factorErrorFor } from "@/features/auth/second-factor/verify";
import type { User } from "@/features/auth/session";
import { Button } from "@/ui/button";
import { ConfirmPassword } from "../confirm-password";
import { SectionForm } from "../section-form";
import { BackupCodes } from "./backup-codes";
import type { PasswordKnown } from "./turn-on";
import { disableTwoFactor, newBackupCodes } from "./two-factor";

const CONFIRM = ["currentPassword"] as const;

type Change = "codes" | "off";

const TEXTS: Record<Change, { open: string; about: string; action: string }> = {
  codes: {
    open: "New backup codes",
    about: "The backup codes that you have will stop working.",
    action: "Create codes",
  },
  off: {
    open: "Turn off",
    about: "Signing in will no longer need a second step, and no device will be trusted any more.",
    action: "Turn off",
  },
};

interface Props {
  user: User;
  run: RunFresh;
  password: PasswordKnown;
  /** Called when two-factor authentication is off. */
  onOff: () => void;
}

/** Changes two-factor authentication that is on: creates backup codes, or turns it off. */
export function TurnedOn({ user, run, password, onOff }: Props) {
  const [change, setChange] = useState<Change>();
  const [codes, setCodes] = useState<string[]>();
  const content = useRef<HTMLDivElement>(null);

  useEffect(() => {
    // The button that had the focus is gone.
    if (change) {
      content.current?.focus();
    }
  }, [change, codes]);

  if (!change) {
    return (
      <div className="flex flex-wrap gap-2">
        {(["codes", "off"] as const).map((name) => (
          <Button key={name} variant={name === "off" ? "danger" : "plain"} onClick={() => setChange(name)}>
            {TEXTS[name].open}
          </Button>
        ))}
      </div>
    );
  }

  function close() {
    setChange(undefined);
    setCodes(undefined);
  }

  async function submit({ currentPassword }: { currentPassword: string }) {
    if (change === "codes") {
      setCodes(await run(() => newBackupCodes(currentPassword)));
    } else {
      await run(() => disableTwoFactor(currentPassword));
      onOff();
    }
    return "";
  }

  const { about, action } = TEXTS[change];
  return (
    <div ref={content} tabIndex={-1} className="flex flex-col gap-4">
      {codes ? (
        <>
          <BackupCodes codes={codes} />
          <Button onClick={close} className="self-start">
            Done
          </Button>
        </>
      ) : (
        <>
          <p className="text-soft">{about}</p>
          <SectionForm
            action={action}
            danger={change === "off"}
            fields={CONFIRM}
            validate={password === "yes" ? validateConfirmation : () => []}
            explain={factorErrorFor}
            submit={submit}
            onCancel={close}
          >
            {(errorFor) => password !== "no" && <ConfirmPassword user={user} error={errorFor("currentPassword")} />}
          </SectionForm>
        </>
      )}
    </div>
  );
}
