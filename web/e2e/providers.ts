import type { APIRequestContext, Page } from "@playwright/test";
import type { Site } from "./stack/environment";

/** A provider as the capabilities list it. */
export interface Provider {
  id: string;
  name: string;
}

export const PROVIDERS: readonly Provider[] = [
  { id: "google", name: "Google" },
  { id: "github", name: "GitHub" },
  { id: "apple", name: "Apple" },
  { id: "microsoft", name: "Microsoft" },
  { id: "acme", name: "Acme" },
];

/** A page that stands in for a provider's. */
export const AT_PROVIDER = "https://provider.example/authorize?state=x";

interface Offer {
  providers?: readonly Provider[];
  methods?: readonly string[];
}

/** Makes the service offer these providers, whatever its settings are. */
export async function offer(
  page: Page,
  { providers = PROVIDERS, methods = ["email-password", "social"] }: Offer = {},
): Promise<void> {
  await page.route("**/api/auth/capabilities", async (route) => {
    const response = await route.fetch();
    const capabilities = (await response.json()) as object;
    await route.fulfill({ response, json: { ...capabilities, signInMethods: methods, socialProviders: providers } });
  });
}

/** Answers a request of the page as the service does, which may be on another origin. */
export function answers(page: Page, status: number, json: object, headers: Record<string, string> = {}) {
  const cors = {
    "Access-Control-Allow-Origin": new URL(page.url()).origin,
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": "x-retry-after",
  };
  return { status, json, headers: { ...cors, ...headers } };
}

/** Makes the service send the browser to a provider's page that does nothing. Returns the bodies of the requests. */
export async function sendToProvider(page: Page, path: "sign-in/social" | "link-social"): Promise<object[]> {
  const bodies: object[] = [];
  await page.route(`**/api/auth/${path}`, async (route) => {
    bodies.push(route.request().postDataJSON() as object);
    await route.fulfill(answers(page, 200, { url: AT_PROVIDER, redirect: true }));
  });
  await page.route("https://provider.example/**", (route) =>
    route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Provider</title>" }),
  );
  return bodies;
}

/** The person that the provider of a stack signs in. */
interface AtProvider {
  email: string;
  name?: string;
  email_verified?: boolean;
  /** The error that the provider ends the sign-in with. */
  error?: string;
}

/** Chooses the person that the provider signs in with the browser that `request` belongs to. */
export async function signInAs(
  request: APIRequestContext,
  site: Site,
  { email, ...fields }: AtProvider,
): Promise<void> {
  const query = new URLSearchParams({ email, fields: JSON.stringify(fields) });
  const response = await request.get(`${site.provider}/as?${query}`);
  if (!response.ok()) {
    throw new Error(`/as: ${response.status()}`);
  }
}
