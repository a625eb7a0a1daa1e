/** What an unknown path shows. */
export default function NotFound() {
  return (
    <main className="mx-auto flex max-w-md flex-col items-start gap-4 p-6 pt-[20svh]">
      <h1 className="text-2xl font-semibold">There is no such page</h1>
      <p className="text-soft">The address may be mistyped, or the page has moved.</p>
      <a className="text-accent underline" href="/">
        To the start
      </a>
    </main>
  );
}
