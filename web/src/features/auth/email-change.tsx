import { useState } from "react";
import { Button } from "@/ui/button";
import { ButtonLink } from "@/ui/button-link";
import { Notice } from "@/ui/notice";
import { AuthCard } from "./auth-card";
import { EmailText } from "./email-text";
import { INVALID, linkProblem, WRONG_ACCOUNT } from "./link-problem";
import { errorMessage } from "./messages";
import { signOut, useSession } from "./session";

/** The page after a link of an email change: the one that confirms the change or the one that completes it. */
export function EmailChange() {
  const { data } = useSession();
  return (
    <AuthCard title="Email change confirmed">
      {data && (
        <p>
          Your email is <EmailText email={data.user.email} />.
        </p>
      )}
      <p>
        The change is complete when you have opened the link sent to your new email. After that, sign in with the new
        email.
      </p>
      <ButtonLink href="/dashboard">Go to your tasks</ButtonLink>
    </AuthCard>
  );
}

/** The link belongs to a different account than the one signed in here. Signing out makes it work. */
function WrongAccount() {
  const { data } = useSession();
  const [signedOut, setSignedOut] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");

  async function handleSignOut() {
    setBusy(true);
    setFailure("");
    try {
      await signOut();
      setSignedOut(true);
    } catch (error) {
      setFailure(errorMessage(error));
    } finally {
      setBusy(false);
    }
  }

  if (signedOut) {
    return (
      <AuthCard key="signed-out" title="You are signed out" replaces>
        <p>Now open the link in the email again. You will be asked for the password of the account it belongs to.</p>
        <ButtonLink href="/signin">Sign in</ButtonLink>
      </AuthCard>
    );
  }
  const { title, text } = linkProblem(WRONG_ACCOUNT);
  return (
    <AuthCard title={title}>
      {failure && <Notice kind="error">{failure}</Notice>}
      <p>
        {text} Your email was not changed. Sign out, then open the link again.
        {data && (
          <>
            {" "}
            You are signed in as <EmailText email={data.user.email} />.
          </>
        )}
      </p>
      <Button variant="main" busy={busy} onClick={() => void handleSignOut()} className="min-h-11">
        Sign out
      </Button>
    </AuthCard>
  );
}

/**
 * The page after a link of an email change failed. A new link cannot be requested here, because that needs a session.
 */
export function EmailChangeFailed({ code }: { code: string }) {
  if (code === WRONG_ACCOUNT) {
    return <WrongAccount />;
  }
  const { title, text } = linkProblem(code);
  return (
    <AuthCard title={title}>
      <p>{text} Your email was not changed.</p>
      {code === INVALID && <p>Signing out of the session that requested the change also cancels the link.</p>}
      <ButtonLink href="/settings">Go to your settings</ButtonLink>
    </AuthCard>
  );
}
