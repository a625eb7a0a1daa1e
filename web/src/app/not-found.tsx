/** The page for unknown paths. */
export default function NotFound() {
  return (
    <main className="mx-auto flex max-w-md flex-col items-start gap-4 p-6 pt-[20svh]">
      <h1 className="text-2xl font-semibold">Page not found</h1>
      <p className="text-soft">The URL may be mistyped, or the page may have moved.</p>
      <a className="text-accent underline" href="/">
        Go to the start page
      </a>
    </main>
  );
}
