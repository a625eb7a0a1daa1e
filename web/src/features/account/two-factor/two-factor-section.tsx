import { useRef, useState } from "react";
import type { RunFresh } from "@/features/auth/fresh-session";
import type { User } from "@/features/auth/session";
import { TrustedDevicesSection } from "./trusted-devices-section";
import { TurnOn, type PasswordKnown } from "./turn-on";
import { TurnedOn } from "./turned-on";

interface Props {
  user: User;
  run: RunFresh;
  password: PasswordKnown;
}

/** Two-factor authentication and, if it is on, the devices that need no second factor. */
export default function TwoFactorSection({ user, run, password }: Props) {
  const [done, setDone] = useState("");
  const heading = useRef<HTMLHeadingElement>(null);
  // What the user has just chosen, until the session is refetched.
  const [chosen, setChosen] = useState<boolean>();
  const known = Boolean(user.twoFactorEnabled);
  if (chosen === known) {
    setChosen(undefined);
  }
  const isOn = chosen ?? known;

  function finish(on: boolean) {
    setChosen(on);
    setDone(`Two-factor authentication is ${on ? "on" : "off"}.`);
    heading.current?.focus();
  }

  return (
    <>
      <section aria-labelledby="two-factor" className="min-h-44 rounded-2xl border border-line bg-card p-5 sm:p-6">
        <h2 ref={heading} id="two-factor" tabIndex={-1} className="mb-1 text-lg font-bold">
          Two-factor authentication
        </h2>
        <p className="mb-3 text-soft">
          {isOn
            ? "On: every sign-in asks for a code, except on trusted devices."
            : "Protects your account with a code at sign-in, even if somebody learns your password."}
        </p>
        {isOn ? (
          <TurnedOn user={user} run={run} password={password} onOff={() => finish(false)} />
        ) : (
          <TurnOn user={user} run={run} password={password} onDone={() => finish(true)} />
        )}
        <p role="status" className="mt-3 text-good empty:hidden">
          {done}
        </p>
      </section>
      {isOn && <TrustedDevicesSection user={user} run={run} />}
    </>
  );
}
