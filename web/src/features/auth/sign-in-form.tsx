"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState, type ComponentType, type ReactNode } from "react";
import { ServiceError } from "@/lib/service-error";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { PasswordField } from "@/ui/password-field";
import { useSearch } from "@/ui/use-search";
import { useTakenParameter } from "@/ui/use-taken-parameter";
import { AuthCard } from "./auth-card";
import { AuthForm } from "./auth-form";
import { EMAIL_PASSWORD, signInProviders, useCapabilities, USERNAME } from "./capabilities";
import { CheckEmail } from "./check-email";
import { EmailText } from "./email-text";
import { EmailField } from "./email-field";
import { validateSignIn } from "./messages";
import { MailWayButtons, mailWays, type MailWay } from "./passwordless/mail-ways";
import { OrProviders, ProviderButtons } from "./provider-buttons";
import { providerProblem } from "./provider-problem";
import { challengePath } from "./return-path";
import { requestVerification, signIn, signInAt, signInUrls } from "./session";
import { Unavailable } from "./unavailable";
import { useForm } from "./use-form";

const FIELDS = ["email", "password"] as const;

/** The card of each way to sign in with an email. Loaded when it is chosen. */
const CARDS: Record<MailWay, ComponentType<{ footer: ReactNode }>> = {
  link: dynamic(() => import("./passwordless/link-card"), { ssr: false, loading: CardLoading }),
  code: dynamic(() => import("./passwordless/code-card"), { ssr: false, loading: CardLoading }),
};

/** The card while its script is loading. */
function CardLoading() {
  return (
    <AuthCard title="Sign in">
      <p role="status">Loading…</p>
    </AuthCard>
  );
}

const SESSION_NOT_ENDED =
  "You are signed out of this browser, but the service could not end your session. To end it, sign in and sign out " +
  "that device under Settings.";

/**
 * Whether a sign-in failed because the email is not verified. The service reports this only for the correct password.
 */
function isUnverified(error: unknown): boolean {
  return error instanceof ServiceError && error.code === "EMAIL_NOT_VERIFIED";
}

/**
 * Links to the other auth pages. A disabled link keeps its space, so that nothing shifts when the capabilities load.
 */
function OtherLinks({ search }: { search: string }) {
  const { signInMethods, signUp, passwordReset } = useCapabilities();
  const reset = passwordReset && signInMethods.includes(EMAIL_PASSWORD);
  return (
    <>
      <p className={signUp.enabled ? "" : "invisible"}>
        New here?{" "}
        <Link className="leading-none font-medium text-accent underline" href={`/signup${search}`}>
          Create an account
        </Link>
      </p>
      <p className={reset ? "" : "invisible"}>
        <Link className="font-medium text-accent underline" href="/forgot-password">
          Forgot your password?
        </Link>
      </p>
    </>
  );
}

/** Explains why the user is here, if a provider sent them back, or if the session expired or could not be ended. */
function arrivalNotice(query: URLSearchParams, problem: string | undefined) {
  if (problem !== undefined) {
    return <Notice kind="error">{providerProblem(problem)}</Notice>;
  }
  if (query.has("expired")) {
    return <Notice kind="info">Session expired. Sign in to continue where you left off.</Notice>;
  }
  return query.has("not-ended") && <Notice kind="error">{SESSION_NOT_ENDED}</Notice>;
}

/** Sends the browser to a provider, and from there to the destination of the page's query. */
function signInWith(provider: string): Promise<void> {
  return signInAt(provider, signInUrls(location.search));
}

interface FormProps {
  /** The error code that a provider's sign-in or a link ended with. */
  problem: string | undefined;
  /** Whether the form replaces another card. */
  replaces: boolean;
  onUnverified: (email: string) => void;
  onChoose: (way: MailWay) => void;
}

function PasswordForm({ problem, replaces, onUnverified, onChoose }: FormProps) {
  const router = useRouter();
  const capabilities = useCapabilities();
  const providers = signInProviders(capabilities);
  const orUsername = capabilities.signInMethods.includes(USERNAME);
  const search = useSearch();
  const ways = mailWays(capabilities, search);
  const query = new URLSearchParams(search);
  const { onSubmit, busy, errorFor, formError } = useForm({
    fields: FIELDS,
    validate: (values) => validateSignIn(values, orUsername),
    submit: async (values) => {
      try {
        const challenge = await signIn(values, query.get("callbackURL") || undefined);
        if (challenge) {
          router.push(challengePath(challenge.methods, search));
        }
      } catch (error) {
        // The page does not know the email of a username.
        if (!isUnverified(error) || !values.email.includes("@")) {
          throw error;
        }
        onUnverified(values.email);
      }
    },
  });
  return (
    <AuthForm
      title="Sign in"
      replaces={replaces}
      action="Sign in"
      busy={busy}
      formError={formError}
      onSubmit={(event) => void onSubmit(event)}
      notice={arrivalNotice(query, formError ? undefined : problem)}
      footer={<OtherLinks search={search} />}
      alternatives={
        (providers.length > 0 || ways.length > 0) && (
          <OrProviders providers={providers} request={signInWith}>
            <MailWayButtons ways={ways} onChoose={onChoose} />
          </OrProviders>
        )
      }
    >
      <EmailField orUsername={orUsername} error={errorFor("email")} />
      <PasswordField
        label="Password"
        name="password"
        autoComplete="current-password"
        required
        error={errorFor("password")}
      />
    </AuthForm>
  );
}

/** The sign-in page of a service that accepts no passwords. */
function WithoutPassword({ problem, replaces, onChoose }: Omit<FormProps, "onUnverified">) {
  const search = useSearch();
  const capabilities = useCapabilities();
  return (
    <AuthCard title="Sign in" replaces={replaces} footer={<OtherLinks search={search} />}>
      {arrivalNotice(new URLSearchParams(search), problem)}
      <ProviderButtons providers={signInProviders(capabilities)} request={signInWith} />
      <MailWayButtons ways={mailWays(capabilities, search)} onChoose={onChoose} />
    </AuthCard>
  );
}

/** The sign-in page. If the email has to be verified first, it offers to send the link. */
export function SignInForm() {
  const capabilities = useCapabilities();
  const search = useSearch();
  const problem = useTakenParameter("error");
  const [unverified, setUnverified] = useState<string>();
  // Null means that the user came back from the card of a way.
  const [way, setWay] = useState<MailWay | null>();
  if (way) {
    const Card = CARDS[way];
    return <Card footer={<Button onClick={() => setWay(null)}>Back to sign-in</Button>} />;
  }
  const arrival = way === null ? undefined : problem;
  if (!capabilities.signInMethods.includes(EMAIL_PASSWORD)) {
    return signInProviders(capabilities).length > 0 || mailWays(capabilities, search).length > 0 ? (
      <WithoutPassword problem={arrival} replaces={way === null} onChoose={setWay} />
    ) : (
      <Unavailable
        title="Sign-in is disabled"
        text="This service does not accept passwords at the moment. Try again later, or ask its administrator."
        href="/"
        action="Go to the start page"
      />
    );
  }
  // An empty string means that the user came back to the form.
  if (!unverified) {
    return (
      <PasswordForm
        problem={arrival}
        replaces={unverified === "" || way === null}
        onUnverified={setUnverified}
        onChoose={setWay}
      />
    );
  }
  return (
    <CheckEmail
      title="Verify your email"
      sent={false}
      send={capabilities.emailVerification.enabled ? () => requestVerification({ email: unverified }) : undefined}
      back="Back to sign-in"
      onBack={() => setUnverified("")}
    >
      <p>
        <EmailText email={unverified} /> is not verified yet. Open the link in the email we sent you, then sign in
        again. If you cannot find the email, check your spam folder or request a new link.
      </p>
    </CheckEmail>
  );
}
