import dynamic from "next/dynamic";
import { useEffect, useRef } from "react";
import type { RunFresh } from "@/features/auth/fresh-session";
import { CodeField } from "@/features/auth/second-factor/code-field";
import { factorErrorFor, normalized } from "@/features/auth/second-factor/verify";
import { CopyButton } from "@/ui/copy-button";
import { SectionForm } from "../section-form";
import { BackupCodes } from "./backup-codes";
import { confirmApp, secretIn, type AppSetUp } from "./two-factor";

const CODE = ["code"] as const;

/** The library that draws the code is loaded when the code is shown. If that fails, the key below it can be typed. */
const QrCode = dynamic(() => import("./qr-code").catch(() => () => null), {
  ssr: false,
  loading: () => <div className="size-52" />,
});

interface Props {
  setUp: AppSetUp;
  run: RunFresh;
  level: 2 | 3;
  onDone: () => void;
  onCancel: () => void;
}

/** The steps that set up an authenticator app. */
export function SetUp({ setUp: { totpURI, backupCodes }, run, level, onDone, onCancel }: Props) {
  const first = useRef<HTMLHeadingElement>(null);
  const Heading = `h${level}` as const;
  const secret = secretIn(totpURI);

  useEffect(() => first.current?.focus(), []);

  return (
    <ol className="flex flex-col gap-6">
      <li className="flex flex-col gap-3">
        <Heading ref={first} tabIndex={-1} className="font-bold">
          1. Add the account to your authenticator app
        </Heading>
        <p className="text-soft">Scan the QR code with the app, or type the key.</p>
        <QrCode text={totpURI} label="QR code with the key" />
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <p className="min-w-0">
            Key: <code className="font-mono wrap-anywhere">{secret}</code>
          </p>
          <CopyButton text={secret.replaceAll(" ", "")} about="key" />
        </div>
        <p>
          {/* Phones open the app that handles such links. */}
          <a className="font-medium text-accent underline" href={totpURI}>
            Open an authenticator app on this device
          </a>
        </p>
      </li>
      <li className="flex flex-col gap-3">
        <Heading className="font-bold">2. Save your backup codes</Heading>
        <BackupCodes codes={backupCodes} />
      </li>
      <li className="flex flex-col gap-3">
        <Heading className="font-bold">3. Enter the code that the app shows</Heading>
        <SectionForm
          action="Turn on"
          fields={CODE}
          validate={({ code }) => (normalized(code) ? [] : [{ field: "code", text: "Enter the code" }])}
          explain={factorErrorFor}
          submit={async ({ code }) => {
            await run(() => confirmApp(code));
            onDone();
            return "";
          }}
          onCancel={onCancel}
        >
          {(errorFor) => <CodeField label="Code" hint="6 digits" error={errorFor("code")} />}
        </SectionForm>
      </li>
    </ol>
  );
}
