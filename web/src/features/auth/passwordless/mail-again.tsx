import { usePathname, useRouter } from "next/navigation";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { EmailText } from "../email-text";
import { formErrorFor } from "../messages";
import { challengePath } from "../return-path";
import { CodeField } from "../second-factor/code-field";
import { normalized } from "../second-factor/verify";
import { SendAgain } from "../send-again";
import { currentSession, type User } from "../session";
import { useForm } from "../use-form";
import { MailWayButtons, type MailWay } from "./mail-ways";
import { codeErrorFor, requestSignInCode, requestSignInLink, signInWithCode } from "./sign-in-mail";

const CODE = ["code"] as const;

/** Requests an email of this kind to the user. A link leads back to this page. */
function request(way: MailWay, { email }: User): Promise<void> {
  const here = location.origin + location.pathname;
  return way === "code"
    ? requestSignInCode({ email })
    : requestSignInLink({ email }, { callbackURL: here, errorCallbackURL: here });
}

/** Asks for the code of the email. */
function EnterCode({ user, onFresh }: { user: User; onFresh: () => void }) {
  const router = useRouter();
  const pathname = usePathname();
  const form = useRef<HTMLFormElement>(null);
  const { onSubmit, busy, errorFor, formError } = useForm({
    fields: CODE,
    explain: codeErrorFor,
    validate: ({ code }) => (normalized(code) ? [] : [{ field: "code", text: "Enter the code" }]),
    submit: async ({ code }) => {
      const before = currentSession()?.data?.session.token;
      const challenge = await signInWithCode(user.email, normalized(code), before);
      if (challenge) {
        router.push(challengePath(challenge.methods, `?${new URLSearchParams({ next: pathname })}`));
        return;
      }
      onFresh();
    },
  });

  useEffect(() => form.current?.querySelector("input")?.focus(), []);

  return (
    <form
      ref={form}
      method="post"
      noValidate
      onSubmit={(event) => void onSubmit(event)}
      className="flex flex-col gap-4"
    >
      {formError && <Notice kind="error">{formError}</Notice>}
      <CodeField label="Code" hint="6 digits from the email" error={errorFor("code")} />
      <Button type="submit" variant="main" busy={busy}>
        {busy ? "One moment…" : "Continue"}
      </Button>
    </form>
  );
}

interface Props {
  user: User;
  ways: readonly MailWay[];
  /** Called when the session is fresh. */
  onFresh: () => void;
}

/** Signs the user in again with an email. */
export default function MailAgain({ user, ways, onFresh }: Props) {
  const [sent, setSent] = useState<MailWay>();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");

  async function choose(way: MailWay) {
    setBusy(true);
    setFailure("");
    try {
      await request(way, user);
      setSent(way);
    } catch (error) {
      setFailure(formErrorFor(error).text);
    } finally {
      setBusy(false);
    }
  }

  if (!sent) {
    return (
      <>
        {failure && <Notice kind="error">{failure}</Notice>}
        {/* A link opens this page anew, so that the change is lost. A code does not. */}
        <MailWayButtons
          ways={ways.includes("code") ? ["code"] : ways}
          busy={busy}
          onChoose={(way) => void choose(way)}
        />
      </>
    );
  }
  return (
    <>
      <p role="status">
        The email was sent to <EmailText email={user.email} />.{sent === "link" && " Open its link in this browser."}
      </p>
      {sent === "code" && <EnterCode user={user} onFresh={onFresh} />}
      <SendAgain send={() => request(sent, user)} sent variant="plain" />
    </>
  );
}
