import { randomUUID } from "node:crypto";
import { test as base, type APIRequestContext, type BrowserContext, type Cookie, type Page } from "@playwright/test";
import { sites, type Kind, type Site, type Way } from "./stack/places";
import { watch, type Watch } from "./watch";

/** What a project or a file chooses. */
export interface Options {
  way: Way;
  kind: Kind;
}

/** Somebody with an account. */
export interface Person {
  id: string;
  name: string;
  email: string;
  password: string;
}

/** A browser of its own: another device, or somebody else's. */
export interface Device {
  context: BrowserContext;
  page: Page;
}

interface Fixtures {
  site: Site;
  /** Opens another browser; somebody is signed in with it, if it is told who. */
  newDevice: (who?: Person) => Promise<Device>;
  /** Somebody with an account, signed in where the test's own page is. */
  person: Person;
  /** Somebody with an account who is not signed in with any browser. */
  registered: Person;
}

/** Somebody who has no account yet. No two are the same. */
export function somebody(name = "Ada Lovelace"): Person {
  return { id: "", name, email: `${randomUUID()}@example.com`, password: "correct horse battery" };
}

async function post<Answer>(request: APIRequestContext, site: Site, path: string, data: object): Promise<Answer> {
  const answer = await request.post(`${site.auth}/api/auth/${path}`, { data, headers: { Origin: site.origin } });
  if (!answer.ok()) {
    throw new Error(`${path}: ${answer.status()} ${await answer.text()}`);
  }
  return (await answer.json()) as Answer;
}

/** Makes an account without the page; the browser that `request` belongs to is signed in. */
export async function signUp(request: APIRequestContext, site: Site, person = somebody()): Promise<Person> {
  const { name, email, password } = person;
  const { user } = await post<{ user: { id: string } }>(request, site, "sign-up/email", { name, email, password });
  return { ...person, id: user.id };
}

/** Signs in as a person does; the page is the sign-in already. */
export async function fillInSignIn(page: Page, { email, password }: Pick<Person, "email" | "password">): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** The cookie that tells the browser of a sign-up again. It opens nothing by itself, and signing out leaves it. */
export const SIGN_UP_COOKIE = "better-auth.sign_up";

/** The cookies of the session that a browser is signed in with. */
export async function sessionCookies(context: BrowserContext): Promise<Cookie[]> {
  return (await context.cookies()).filter(({ name }) => name !== SIGN_UP_COOKIE);
}

/** An access token of whoever is signed in. */
export async function tokenOf(request: APIRequestContext, site: Site): Promise<string> {
  const answer = await request.get(`${site.auth}/api/auth/token`);
  return ((await answer.json()) as { token: string }).token;
}

export const test = base.extend<Fixtures & Options & { watched: Watch }>({
  way: ["across origins", { option: true }],
  kind: ["usual", { option: true }],
  site: async ({ way, kind }, provide) => provide(sites()[way][kind]),
  baseURL: async ({ site }, provide) => provide(site.origin),
  watched: [
    async ({ context }, provide) => {
      const watched = await watch(context);
      await provide(watched);
      watched.check();
    },
    { auto: true },
  ],
  newDevice: async ({ browser, site }, provide) => {
    const opened: { context: BrowserContext; watched: Watch }[] = [];
    await provide(async (who) => {
      const context = await browser.newContext({ baseURL: site.origin });
      opened.push({ context, watched: await watch(context) });
      if (who) {
        const { email, password } = who;
        await post(context.request, site, "sign-in/email", { email, password });
      }
      return { context, page: await context.newPage() };
    });
    for (const { context, watched } of opened) {
      await context.close();
      watched.check();
    }
  },
  person: async ({ context, site }, provide) => provide(await signUp(context.request, site)),
  registered: async ({ request, site }, provide) => provide(await signUp(request, site, somebody("Bob"))),
});

export { expect } from "@playwright/test";
