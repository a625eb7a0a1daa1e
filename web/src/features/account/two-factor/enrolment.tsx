import { useState } from "react";
import { AuthCard } from "@/features/auth/auth-card";
import { useFreshSession } from "@/features/auth/fresh-session";
import { errorMessage } from "@/features/auth/messages";
import { signOut, type User } from "@/features/auth/session";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { WITH_PASSWORD } from "../sign-in-methods";
import { TurnOn } from "./turn-on";

/** Signs out a user who does not set up a second factor now. */
function SignOut() {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");

  async function handleSignOut() {
    setBusy(true);
    setFailure("");
    try {
      await signOut();
    } catch (error) {
      setFailure(errorMessage(error));
      setBusy(false);
    }
  }

  return (
    <>
      {failure && <Notice kind="error">{failure}</Notice>}
      <Button busy={busy} onClick={() => void handleSignOut()}>
        Sign out
      </Button>
    </>
  );
}

/** What a user sees instead of any page until they have set up the second factor that the service requires. */
export default function Enrolment({ user }: { user: User }) {
  // The service lists no sign-in methods before the set-up.
  const { run, dialog } = useFreshSession(user, WITH_PASSWORD);
  return (
    <>
      <AuthCard title="Set up two-factor authentication" footer={<SignOut />}>
        <p>This service requires a second step at sign-in. Set it up to continue.</p>
        {/* The page continues when the session has been refetched. */}
        <TurnOn user={user} run={run} password="unknown" opened level={2} onDone={() => {}} />
      </AuthCard>
      {dialog}
    </>
  );
}
