"use client";

import Link from "next/link";
import { useState } from "react";
import { ButtonLink } from "@/ui/button-link";
import { TextField } from "@/ui/text-field";
import { useSearch } from "@/ui/use-search";
import { AuthCard } from "./auth-card";
import { AuthForm } from "./auth-form";
import {
  EMAIL_PASSWORD,
  isPasswordless,
  loadedCapabilities,
  signInProviders,
  useCapabilities,
  USERNAME,
} from "./capabilities";
import { CheckEmail } from "./check-email";
import { EmailText } from "./email-text";
import { EmailField } from "./email-field";
import { validateSignUp } from "./messages";
import { NewPasswordField } from "./new-password-field";
import { OrProviders, ProviderButtons } from "./provider-buttons";
import { requestVerification, signInAt, signInUrls, signUp } from "./session";
import { Unavailable } from "./unavailable";
import { useForm } from "./use-form";
import { usernameErrorFor } from "./username";
import { UsernameInput } from "./username-input";

const FIELDS = ["name", "email", "username", "password"] as const;

/** A sign-up that did not start a session, and the user's next step. */
interface SignedUp {
  name: string;
  email: string;
  next: "verify" | "sign in";
}

/** Whether the user has to verify the email before signing in. Assumed if the capabilities are unknown. */
async function nextStep(): Promise<SignedUp["next"]> {
  const { phase, emailVerification } = await loadedCapabilities();
  return phase === "known" && !emailVerification.required ? "sign in" : "verify";
}

/** Sends the browser to a provider to sign up with the account there. Errors lead to the sign-in page. */
function signUpWith(provider: string): Promise<void> {
  return signInAt(provider, signInUrls(location.search), true);
}

function SignInLink({ search }: { search: string }) {
  return (
    <p>
      Already have an account?{" "}
      <Link className="leading-none font-medium text-accent underline" href={`/signin${search}`}>
        Sign in
      </Link>
    </p>
  );
}

interface FormProps {
  /** Whether the form replaces another card. */
  again: boolean;
  /** The name typed before. */
  name: string;
  onDone: (done: SignedUp) => void;
}

function AccountForm({ again, name, onDone }: FormProps) {
  const search = useSearch();
  const capabilities = useCapabilities();
  const providers = signInProviders(capabilities);
  const { onSubmit, busy, errorFor, formError } = useForm({
    fields: FIELDS,
    validate: validateSignUp,
    explain: usernameErrorFor,
    submit: async ({ username, ...values }) => {
      const chosen = username.trim();
      if (!(await signUp(chosen ? { ...values, username: chosen } : values))) {
        onDone({ ...values, next: await nextStep() });
      }
    },
  });
  return (
    <AuthForm
      title="Create an account"
      replaces={again}
      action="Create account"
      busy={busy}
      formError={formError}
      onSubmit={(event) => void onSubmit(event)}
      footer={<SignInLink search={search} />}
      alternatives={providers.length > 0 && <OrProviders providers={providers} request={signUpWith} />}
    >
      <TextField
        label="Name"
        name="name"
        autoComplete="name"
        dir="auto"
        required
        defaultValue={name}
        error={errorFor("name")}
      />
      <EmailField error={errorFor("email")} />
      {capabilities.signInMethods.includes(USERNAME) && (
        <UsernameInput label="Username (optional)" error={errorFor("username")} />
      )}
      <NewPasswordField label="Password" error={errorFor("password")} />
    </AuthForm>
  );
}

/** The form that creates an account. */
export function SignUpForm() {
  const search = useSearch();
  const capabilities = useCapabilities();
  const { signUp: support, emailVerification } = capabilities;
  const [done, setDone] = useState<SignedUp>();
  const [again, setAgain] = useState(false);
  if (!support.enabled) {
    return (
      <Unavailable
        title="Sign-up is disabled"
        text="New accounts cannot be created here. If you have an account, sign in. If you need one, ask the administrator of this service."
        href={`/signin${search}`}
        action="Sign in"
      />
    );
  }
  const providers = signInProviders(capabilities);
  const byMail = isPasswordless(capabilities);
  if ((providers.length > 0 || byMail) && !capabilities.signInMethods.includes(EMAIL_PASSWORD)) {
    return (
      <AuthCard title="Create an account" footer={<SignInLink search={search} />}>
        <ProviderButtons providers={providers} request={signUpWith} />
        {byMail && (
          <>
            <p>You need no password: the first sign-in with an email creates your account.</p>
            <ButtonLink href={`/signin${search}`} variant={providers.length > 0 ? "plain" : "main"}>
              Continue with your email
            </ButtonLink>
          </>
        )}
      </AuthCard>
    );
  }
  if (!done || again) {
    return (
      <AccountForm
        again={again}
        name={done?.name ?? ""}
        onDone={(signedUp) => {
          setDone(signedUp);
          setAgain(false);
        }}
      />
    );
  }
  if (done.next === "sign in") {
    return (
      <AuthCard title="Sign-up complete" replaces>
        <p>
          You can now sign in as <EmailText email={done.email} />.
        </p>
        <ButtonLink href={`/signin${search}`}>Sign in</ButtonLink>
      </AuthCard>
    );
  }
  return (
    <CheckEmail
      send={emailVerification.enabled ? () => requestVerification({ email: done.email }) : undefined}
      back="Use a different email"
      onBack={() => setAgain(true)}
    >
      <p>
        To complete your sign-up, open the link in the email to <EmailText email={done.email} />. Open it in this
        browser; other browsers will ask for your password.
      </p>
    </CheckEmail>
  );
}
