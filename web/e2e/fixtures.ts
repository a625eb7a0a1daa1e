import { randomUUID } from "node:crypto";
import { test as base, type APIRequestContext, type BrowserContext, type Cookie, type Page } from "@playwright/test";
import { sites, type Kind, type Site, type Hosting } from "./stack/environment";
import { watch, type Watch } from "./watch";

/** Options of a project or a test file. */
export interface Options {
  hosting: Hosting;
  kind: Kind;
}

/** A user with an account. */
export interface Person {
  id: string;
  name: string;
  email: string;
  password: string;
}

/** A separate browser: another device or another user's. */
export interface Device {
  context: BrowserContext;
  page: Page;
}

interface Fixtures {
  site: Site;
  /** Opens another browser, signed in as a person if one is given. */
  newDevice: (who?: Person) => Promise<Device>;
  /** A user who is signed in with the test's own page. */
  person: Person;
  /** A user who is not signed in with any browser. */
  registered: Person;
}

/** Creates the data of a person without an account. Each has a different email. */
export function newPerson(name = "Ada Lovelace"): Person {
  return { id: "", name, email: `${randomUUID()}@example.com`, password: "correct horse battery" };
}

/** Posts to auth-service without the page, with the cookies of the browser that `request` belongs to. */
export async function post<Answer>(
  request: APIRequestContext,
  site: Site,
  path: string,
  data: object,
): Promise<Answer> {
  const answer = await request.post(`${site.auth}/api/auth/${path}`, { data, headers: { Origin: site.origin } });
  if (!answer.ok()) {
    throw new Error(`${path}: ${answer.status()} ${await answer.text()}`);
  }
  return (await answer.json()) as Answer;
}

/** Creates an account without the page, and signs in the browser that `request` belongs to. */
export async function signUp(request: APIRequestContext, site: Site, person = newPerson()): Promise<Person> {
  const { name, email, password } = person;
  const { user } = await post<{ user: { id: string } }>(request, site, "sign-up/email", { name, email, password });
  return { ...person, id: user.id };
}

/** Fills in and submits the sign-in form of the current page. */
export async function fillInSignIn(page: Page, { email, password }: Pick<Person, "email" | "password">): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** The cookie that recognizes the browser of a sign-up. It grants no access, and signing out does not clear it. */
export const SIGN_UP_COOKIE = "better-auth.sign_up";

/** Returns the session cookies of a browser. */
export async function sessionCookies(context: BrowserContext): Promise<Cookie[]> {
  return (await context.cookies()).filter(({ name }) => name !== SIGN_UP_COOKIE);
}

/** Returns an access token of the signed-in user. */
export async function tokenOf(request: APIRequestContext, site: Site): Promise<string> {
  const answer = await request.get(`${site.auth}/api/auth/token`);
  return ((await answer.json()) as { token: string }).token;
}

export const test = base.extend<Fixtures & Options & { watched: Watch }>({
  hosting: ["across origins", { option: true }],
  kind: ["default", { option: true }],
  site: async ({ hosting, kind }, provide) => provide(sites()[hosting][kind]),
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
  registered: async ({ request, site }, provide) => provide(await signUp(request, site, newPerson("Bob"))),
});

export { expect } from "@playwright/test";
