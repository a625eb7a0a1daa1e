// Inserts src/early/begin.ts into each exported page that needs the session. It comes before the styles, because an
// inline script waits for the styles before it.
import { readFile, writeFile } from "node:fs/promises";
import ts from "typescript";
import { SITE, pages } from "./exported.mjs";

/** Pages that send no requests to the services. */
const WITHOUT_SERVICES = new Set(["index.html", "404.html", "_not-found.html"]);
/** The encoding must be in the first bytes of the page, so nothing comes before it. */
const HEAD = '<head><meta charSet="utf-8"/>';

const source = await readFile(new URL("../src/early/begin.ts", import.meta.url), "utf8");
const { outputText } = ts.transpileModule(source, {
  compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.None, removeComments: true },
});
const script = outputText.replaceAll(/\n\s*/g, "\n").trim();

for (const page of (await pages()).filter((name) => !WITHOUT_SERVICES.has(name))) {
  const file = new URL(page, SITE);
  const html = await readFile(file, "utf8");
  if (!html.includes(HEAD)) {
    throw new Error(`${page} does not contain ${HEAD}`);
  }
  await writeFile(
    file,
    html.replace(HEAD, () => `${HEAD}<script>${script}</script>`),
  );
}
