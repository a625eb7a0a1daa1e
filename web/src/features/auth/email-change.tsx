import { useState } from "react";
import { Button } from "@/ui/button";
import { ButtonLink } from "@/ui/button-link";
import { Notice } from "@/ui/notice";
import { AuthCard } from "./auth-card";
import { EmailText } from "./email-text";
import { INVALID, linkProblem, WRONG_ACCOUNT } from "./link-problem";
import { errorMessage } from "./messages";
import { signOut, useSession } from "./session";

/** A link of a change was followed: the one that agrees to it, or the one that completes it. The session knows which. */
export function EmailChange() {
  const { data } = useSession();
  return (
    <AuthCard title="Thank you">
      {data && (
        <p>
          Your email is <EmailText email={data.user.email} />.
        </p>
      )}
      <p>
        The change is complete once you have opened the link that was sent to your new address. From then on, sign in
        with that address.
      </p>
      <ButtonLink href="/dashboard">Go to your tasks</ButtonLink>
    </AuthCard>
  );
}

/** The link belongs to another account: it works once nobody is signed in here. */
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
        <p>Now open the link in the email again. It asks for the password of its account.</p>
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

/** A link of a change did not work. It cannot be sent again from here: that takes a session. */
export function EmailChangeFailed({ code }: { code: string }) {
  if (code === WRONG_ACCOUNT) {
    return <WrongAccount />;
  }
  const { title, text } = linkProblem(code);
  return (
    <AuthCard title={title}>
      <p>{text} Your email was not changed.</p>
      {code === INVALID && <p>Signing out where you requested the change cancels the link as well.</p>}
      <ButtonLink href="/settings">Change it in your settings</ButtonLink>
    </AuthCard>
  );
}
