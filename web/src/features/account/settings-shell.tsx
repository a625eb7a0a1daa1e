import { AccountBar } from "@/features/auth/account-bar";

/** Placeholders for the sections. */
const SKELETON_CARDS = ["name", "email", "password"];

/** The settings while the session is loading. */
export function SettingsShell() {
  return (
    <div data-shell>
      <AccountBar />
      <main aria-busy="true" className="mx-auto flex max-w-4xl flex-col gap-4 px-4 pt-6 pb-16">
        <p role="status" className="sr-only">
          Loading your settings…
        </p>
        <h1 className="text-2xl font-bold">Settings</h1>
        <div aria-hidden="true" className="contents">
          {SKELETON_CARDS.map((card) => (
            <div key={card} className="flex h-52 flex-col gap-4 rounded-2xl border border-line bg-card p-5 sm:p-6">
              <span className="h-5 w-1/4 animate-pulse rounded bg-line" />
              <span className="h-11 animate-pulse rounded bg-line" />
            </div>
          ))}
        </div>
      </main>
    </div>
  );
}
