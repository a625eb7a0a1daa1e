import { useRouter } from "next/navigation";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Button } from "@/ui/button";
import { AuthForm } from "../auth-form";
import { EmailField } from "../email-field";
import { EmailText } from "../email-text";
import { validateEmail } from "../messages";
import { challengePath } from "../return-path";
import { CodeField } from "../second-factor/code-field";
import { normalized } from "../second-factor/verify";
import { SendAgain } from "../send-again";
import { useForm } from "../use-form";
import { codeErrorFor, requestSignInCode, signInWithCode } from "./sign-in-mail";

const EMAIL = ["email"] as const;
const CODE = ["code"] as const;

interface Props {
  footer: ReactNode;
}

function RequestForm({ footer, onSent }: Props & { onSent: (email: string) => void }) {
  const { onSubmit, busy, errorFor, formError } = useForm({
    fields: EMAIL,
    validate: validateEmail,
    submit: async (values) => {
      await requestSignInCode(values);
      onSent(values.email);
    },
  });
  return (
    <AuthForm
      title="Sign in with a code"
      replaces
      action="Send code"
      busy={busy}
      formError={formError}
      onSubmit={(event) => void onSubmit(event)}
      footer={footer}
    >
      <EmailField error={errorFor("email")} />
    </AuthForm>
  );
}

interface CodeProps extends Props {
  email: string;
  onBack: () => void;
}

function EnterCode({ email, footer, onBack }: CodeProps) {
  const router = useRouter();
  const fields = useRef<HTMLDivElement>(null);
  const { onSubmit, busy, errorFor, formError } = useForm({
    fields: CODE,
    explain: codeErrorFor,
    validate: ({ code }) => (normalized(code) ? [] : [{ field: "code", text: "Enter the code" }]),
    submit: async ({ code }) => {
      const challenge = await signInWithCode(email, normalized(code));
      if (challenge) {
        router.push(challengePath(challenge.methods, location.search));
      }
    },
  });

  useEffect(() => {
    fields.current?.querySelector("input")?.focus();
  }, []);

  return (
    <AuthForm
      title="Check your email"
      action="Sign in"
      busy={busy}
      formError={formError}
      onSubmit={(event) => void onSubmit(event)}
      footer={
        <div className="flex w-full flex-col gap-3">
          <SendAgain send={() => requestSignInCode({ email })} sent variant="plain" />
          <Button onClick={onBack}>Use a different email</Button>
          {footer}
        </div>
      }
    >
      <div ref={fields} className="flex flex-col gap-5">
        <p>
          If you can sign in as <EmailText email={email} />, you will receive an email with a code.
        </p>
        <CodeField label="Code" hint="6 digits from the email" error={errorFor("code")} />
      </div>
    </AuthForm>
  );
}

/** Signs in with a code from an email. */
export default function CodeCard({ footer }: Props) {
  const [sentTo, setSentTo] = useState("");
  return sentTo ? (
    <EnterCode key={sentTo} email={sentTo} footer={footer} onBack={() => setSentTo("")} />
  ) : (
    <RequestForm footer={footer} onSent={setSentTo} />
  );
}
