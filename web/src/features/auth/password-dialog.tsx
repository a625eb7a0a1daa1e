import { usePathname, useRouter } from "next/navigation";
import { useEffect, useRef } from "react";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { PasswordField } from "@/ui/password-field";
import { TextField } from "@/ui/text-field";
import { useSlow } from "@/ui/use-slow";
import { validateSignIn } from "./messages";
import { challengePath } from "./return-path";
import { reauthenticate, type User } from "./session";
import { useForm } from "./use-form";

const FIELDS = ["email", "password"] as const;

interface Props {
  user: User;
  /** Called when the dialog closes, with whether the session is fresh now. */
  onClose: (fresh: boolean) => void;
}

/**
 * Asks for the password again if the session is too old for an action. A user with a second factor is sent to its page
 * and from there back to this one, to repeat the change.
 */
export function PasswordDialog({ user, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const fresh = useRef(false);
  const router = useRouter();
  const pathname = usePathname();
  const { onSubmit, busy, errorFor, formError } = useForm({
    fields: FIELDS,
    validate: validateSignIn,
    submit: async (values) => {
      const challenge = await reauthenticate({ email: user.email, password: values.password });
      if (challenge) {
        router.push(challengePath(challenge.methods, `?${new URLSearchParams({ next: pathname })}`));
        return;
      }
      fresh.current = true;
      dialog.current?.close();
    },
  });
  const slow = useSlow(busy);

  useEffect(() => {
    dialog.current?.showModal();
    form.current?.querySelector<HTMLInputElement>("[name=password]")?.focus();
  }, []);

  return (
    // Closed before it is unmounted, so that the browser restores the focus.
    <dialog
      ref={dialog}
      aria-labelledby="password-title"
      onClose={() => onClose(fresh.current)}
      className="m-auto w-[min(26rem,calc(100vw-2rem))] rounded-2xl border border-line bg-card p-6 text-ink backdrop:bg-black/50"
    >
      <h2 id="password-title" className="mb-1 text-lg font-bold">
        Confirm your password
      </h2>
      <p className="mb-4 text-soft">You signed in a while ago. Enter your password to continue.</p>
      <form
        ref={form}
        method="post"
        noValidate
        onSubmit={(event) => void onSubmit(event)}
        className="flex flex-col gap-4"
      >
        {formError && <Notice kind="error">{formError}</Notice>}
        {/* Read-only; tells password managers which password to fill in. */}
        <TextField label="Email" name="email" type="email" autoComplete="username" readOnly value={user.email} />
        <PasswordField
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          error={errorFor("password")}
        />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={() => dialog.current?.close()}>Cancel</Button>
          <Button type="submit" variant="main" busy={busy}>
            {busy ? "One moment…" : "Continue"}
          </Button>
        </div>
        <p role="status" className="text-sm text-soft empty:hidden">
          {slow && "Still waiting for a response. Your connection may be slow."}
        </p>
      </form>
    </dialog>
  );
}
