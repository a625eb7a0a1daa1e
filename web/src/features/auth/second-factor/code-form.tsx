import { useEffect, useRef } from "react";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { useHydrated } from "@/ui/use-hydrated";
import { useSlow } from "@/ui/use-slow";
import { useCapabilities } from "../capabilities";
import { SendAgain } from "../send-again";
import { useForm } from "../use-form";
import { CodeField } from "./code-field";
import { trustedFor } from "./trust";
import { factorErrorFor, lostBy, normalized, sendCode, verifyCode, type Lost, type Proof } from "./verify";

const FIELDS = ["code"] as const;

const FIELD: Record<Proof, { label: string; hint: string }> = {
  totp: { label: "Code", hint: "6 digits from your authenticator app" },
  otp: { label: "Code", hint: "6 digits from the email we sent you" },
  "backup-code": { label: "Backup code", hint: "One of the codes that you saved during set-up. Each works once." },
};

interface Props {
  proof: Proof;
  /** Called when the code was correct. */
  onVerified: () => Promise<void>;
  /** Called when the sign-in has to start over. */
  onLost: (why: Lost) => void;
}

/** Asks for the code of one method. It takes the focus when it appears. */
export function CodeForm({ proof, onVerified, onLost }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const hydrated = useHydrated();
  const { onSubmit, busy, errorFor, formError } = useForm({
    fields: FIELDS,
    explain: factorErrorFor,
    validate: ({ code }) => (normalized(code) ? [] : [{ field: "code", text: "Enter the code" }]),
    submit: async ({ code }) => {
      const trust = form.current?.elements.namedItem("trustDevice") as HTMLInputElement | null;
      try {
        await verifyCode(proof, code, trust?.checked);
      } catch (error) {
        const lost = lostBy(error);
        if (!lost) {
          throw error;
        }
        onLost(lost);
        return;
      }
      await onVerified();
    },
  });
  const slow = useSlow(busy);
  const { trustedDeviceTtl } = useCapabilities().twoFactor;

  async function sendAgain() {
    try {
      await sendCode();
    } catch (error) {
      const lost = lostBy(error);
      if (lost) {
        onLost(lost);
      }
      throw error;
    }
  }

  useEffect(() => {
    form.current?.querySelector<HTMLInputElement>("[name=code]")?.focus();
  }, []);

  // Typing the last digit does not submit the form: the choice below the field would come too late.
  return (
    <form
      ref={form}
      method="post"
      noValidate
      onSubmit={(event) => void onSubmit(event)}
      className="flex flex-col gap-5"
    >
      {formError && <Notice kind="error">{formError}</Notice>}
      <CodeField {...FIELD[proof]} numeric={proof !== "backup-code"} error={errorFor("code")} />
      <label className="flex min-h-6 items-center gap-3">
        <input type="checkbox" name="trustDevice" className="size-5 shrink-0 accent-accent" />
        Trust this device for {trustedFor(trustedDeviceTtl)}
      </label>
      <Button type="submit" variant="main" busy={busy} disabled={!hydrated} className="min-h-11">
        {busy ? "One moment…" : "Verify"}
      </Button>
      <p role="status" className="text-sm text-soft empty:hidden">
        {slow && "Still waiting for a response. Your connection may be slow."}
      </p>
      {proof === "otp" && <SendAgain send={sendAgain} sent variant="plain" />}
    </form>
  );
}
