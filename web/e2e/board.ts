import { expect, type APIRequestContext, type Locator, type Page } from "@playwright/test";
import type { Site } from "./stack/places";

/** A task as the service answers it. */
export interface Task {
  id: string;
  user_id: string;
  title: string;
  is_completed: boolean;
  priority: string;
  due_date: string | null;
}

/** The row of a task. */
export function row(page: Page, title: string): Locator {
  return page.getByRole("list", { name: "Tasks" }).getByRole("listitem").filter({ hasText: title });
}

/** The titles on the page, from top to bottom. */
export function titles(page: Page): Locator {
  return page.locator("[data-title]");
}

/** A message in the corner of the page. */
export function message(page: Page, text: string): Locator {
  return page.getByRole("region", { name: "Notifications" }).getByRole("dialog").filter({ hasText: text });
}

/** Leaves the window and looks at it again. */
export async function switchWindows(page: Page): Promise<void> {
  await page.evaluate(() => window.dispatchEvent(new Event("visibilitychange")));
}

/** Adds a task as a person does, and waits until the service has it. */
export async function add(page: Page, title: string): Promise<void> {
  await page.getByRole("textbox", { name: "New task", exact: true }).fill(title);
  await page.keyboard.press("Enter");
  await expect(row(page, title).getByRole("checkbox")).toBeEnabled();
}

/** Marks a task as done. Not by `check`, which looks sooner than the list changes. */
export async function complete(page: Page, title: string): Promise<void> {
  const box = row(page, title).getByRole("checkbox");
  await box.click();
  await expect(box).toBeChecked();
}

/** Asks the task service with a token, without the page. */
export function asker(request: APIRequestContext, site: Site, token: string) {
  const headers = { Authorization: `Bearer ${token}` };
  return {
    list: async (user = "me"): Promise<Task[]> => {
      const answer = await request.get(`${site.tasks}/api/${user}/tasks`, { headers });
      return ((await answer.json()) as { tasks: Task[] }).tasks;
    },
    make: async (task: Partial<Task>): Promise<Task> => {
      const answer = await request.post(`${site.tasks}/api/me/tasks`, { headers, data: task });
      return (await answer.json()) as Task;
    },
    /** Makes tasks in this order: the last one is the newest. */
    makeAll: async (titles: readonly string[]): Promise<void> => {
      for (const title of titles) {
        const answer = await request.post(`${site.tasks}/api/me/tasks`, { headers, data: { title } });
        expect(answer.status()).toBe(201);
      }
    },
    remove: async (id: string): Promise<void> => {
      const answer = await request.delete(`${site.tasks}/api/me/tasks/${id}`, { headers });
      expect(answer.status()).toBe(204);
    },
    change: async (id: string, changes: Partial<Task>): Promise<Task> => {
      const answer = await request.patch(`${site.tasks}/api/me/tasks/${id}`, { headers, data: changes });
      return (await answer.json()) as Task;
    },
  };
}

/** What the page may ask another origin, or its own: an answer's status, and its code where there is one. */
export interface Answer {
  status: number;
  code: string | undefined;
  body: unknown;
}

/** Asks from inside the page, as a script of its own would. */
export function askFromPage(
  page: Page,
  url: string,
  options: { method?: string; token?: string; body?: object } = {},
): Promise<Answer> {
  return page.evaluate(
    async ({ url, method, token, body }) => {
      const answer = await fetch(url, {
        method: method ?? "GET",
        headers: {
          ...(token ? { Authorization: `Bearer ${token}` } : {}),
          ...(body ? { "Content-Type": "application/json" } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      const text = await answer.text();
      const parsed = text ? (JSON.parse(text) as { code?: string }) : undefined;
      return { status: answer.status, code: parsed?.code, body: parsed };
    },
    { url, ...options },
  );
}
