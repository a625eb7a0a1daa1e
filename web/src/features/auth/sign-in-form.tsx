"use client";

import Link from "next/link";
import { useState } from "react";
import { ServiceError } from "@/lib/service-error";
import { Notice } from "@/ui/notice";
import { PasswordField } from "@/ui/password-field";
import { useSearch } from "@/ui/use-search";
import { useTakenParameter } from "@/ui/use-taken-parameter";
import { AuthCard } from "./auth-card";
import { AuthForm } from "./auth-form";
import { EMAIL_PASSWORD, signInProviders, useCapabilities } from "./capabilities";
import { CheckEmail } from "./check-email";
import { EmailText } from "./email-text";
import { EmailField } from "./email-field";
import { validateSignIn } from "./messages";
import { OrProviders, ProviderButtons } from "./provider-buttons";
import { providerProblem } from "./provider-problem";
import { requestVerification, signIn, signInAt, signInUrls } from "./session";
import { Unavailable } from "./unavailable";
import { useForm } from "./use-form";

const FIELDS = ["email", "password"] as const;

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
        <Link className="font-medium text-accent underline" href={`/signup${search}`}>
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
  /** The error code that a provider's sign-in ended with. */
  problem: string | undefined;
  /** Whether the form replaces another card. */
  replaces: boolean;
  onUnverified: (email: string) => void;
}

function PasswordForm({ problem, replaces, onUnverified }: FormProps) {
  const providers = signInProviders(useCapabilities());
  const search = useSearch();
  const query = new URLSearchParams(search);
  const { onSubmit, busy, errorFor, formError } = useForm({
    fields: FIELDS,
    validate: validateSignIn,
    submit: async (values) => {
      try {
        await signIn(values, query.get("callbackURL") || undefined);
      } catch (error) {
        if (!isUnverified(error)) {
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
      alternatives={<OrProviders providers={providers} request={signInWith} />}
    >
      <EmailField error={errorFor("email")} />
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
function ProvidersOnly({ problem }: Pick<FormProps, "problem">) {
  const search = useSearch();
  const providers = signInProviders(useCapabilities());
  return (
    <AuthCard title="Sign in" footer={<OtherLinks search={search} />}>
      {arrivalNotice(new URLSearchParams(search), problem)}
      <ProviderButtons providers={providers} request={signInWith} />
    </AuthCard>
  );
}

/** The sign-in page. If the email has to be verified first, it offers to send the link. */
export function SignInForm() {
  const capabilities = useCapabilities();
  const problem = useTakenParameter("error");
  const [unverified, setUnverified] = useState<string>();
  if (!capabilities.signInMethods.includes(EMAIL_PASSWORD)) {
    return signInProviders(capabilities).length > 0 ? (
      <ProvidersOnly problem={problem} />
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
    return <PasswordForm problem={problem} replaces={unverified === ""} onUnverified={setUnverified} />;
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
