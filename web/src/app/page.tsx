import Link from "next/link";

const LINK = "inline-flex min-h-11 items-center justify-center rounded-lg border px-5 font-medium";

/** What this is, and the two ways in. */
export default function Home() {
  return (
    <main className="mx-auto flex max-w-2xl flex-col gap-6 p-6 pt-[20svh]">
      <p className="font-semibold text-accent">Latchkey</p>
      <h1 className="text-4xl font-bold tracking-tight text-balance sm:text-5xl">Your tasks, behind your own key</h1>
      <p className="max-w-prose text-lg text-soft">
        A task list that no other user can see. Add with one key, find by a word, undo what you did not mean.
      </p>
      <div className="flex flex-wrap gap-3">
        <Link className={`${LINK} border-transparent bg-accent text-on-accent hover:bg-accent-strong`} href="/signup">
          Create an account
        </Link>
        <Link className={`${LINK} border-edge hover:bg-card`} href="/signin">
          Sign in
        </Link>
      </div>
    </main>
  );
}
