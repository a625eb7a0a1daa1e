import { createPortal } from "react-dom";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";

const PRODUCT = "Latchkey";
const FILE = "latchkey-backup-codes.txt";

function save(codes: readonly string[]): void {
  const text = [`${PRODUCT} backup codes`, "", ...codes, ""].join("\n");
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = FILE;
  link.click();
  URL.revokeObjectURL(url);
}

/** What is printed while backup codes are shown: nothing else of the page. */
function PrintedCodes({ codes }: { codes: readonly string[] }) {
  return createPortal(
    <div data-print-only>
      <p className="mb-4 text-xl font-bold">{PRODUCT}</p>
      {codes.map((code) => (
        <p key={code} className="font-mono text-lg">
          {code}
        </p>
      ))}
    </div>,
    document.body,
  );
}

/** Backup codes, to copy, download and print. They are shown once. */
export function BackupCodes({ codes }: { codes: readonly string[] }) {
  return (
    <div className="flex flex-col gap-3">
      <p className="text-soft">
        If you lose your device, sign in with one of these codes. Each works once. They are not shown again.
      </p>
      <ul
        aria-label="Backup codes"
        className="grid max-w-md grid-cols-[repeat(auto-fill,minmax(9rem,1fr))] gap-x-4 gap-y-1 rounded-lg border border-line bg-page px-4 py-3 font-mono"
      >
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="flex flex-wrap items-center gap-2">
        <CopyButton text={codes.join("\n")} about="backup codes" />
        <Button onClick={() => save(codes)}>
          Download<span className="sr-only"> backup codes</span>
        </Button>
        <Button onClick={() => print()}>
          Print<span className="sr-only"> backup codes</span>
        </Button>
      </div>
      <PrintedCodes codes={codes} />
    </div>
  );
}
