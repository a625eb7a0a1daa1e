import { expect, test } from "./fixtures";
import { watch } from "./watch";

// Tests the watch that runs in every other test: each of these faults would fail a test.
const FAULTS: [what: string, told: RegExp, commit: () => void][] = [
  [
    "an exception",
    /exception: .*nobody caught this/,
    () => void setTimeout(() => reportError(new Error("nobody caught this"))),
  ],
  [
    "a script that the policy forbids",
    /policy: script-src-elem: inline/,
    () => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
    },
  ],
  [
    "a connection that the policy forbids",
    /policy: connect-src: http:\/\/elsewhere\.example/,
    () => void fetch("http://elsewhere.example/").catch(() => {}),
  ],
  [
    "a layout that shifts",
    /layout shift of \/signin/,
    () => {
      const block = document.createElement("div");
      block.style.height = "300px";
      document.body.prepend(block);
    },
  ],
];

for (const [what, told, commit] of FAULTS) {
  test(`the watch sees ${what}`, async ({ browser, site }) => {
    const context = await browser.newContext({ baseURL: site.origin, viewport: { width: 400, height: 700 } });
    const watched = await watch(context);
    const page = await context.newPage();
    await page.goto("/signin");
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    watched.check();
    await page.evaluate(commit);
    await expect(() => expect(() => watched.check()).toThrow(told)).toPass({ timeout: 10_000 });
    await context.close();
  });
}
