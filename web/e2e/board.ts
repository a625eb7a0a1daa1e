import { expect, type APIRequestContext, type Locator, type Page } from "@playwright/test";
import type { Site } from "./stack/environment";

/** A task in a response of the service. */
export interface Task {
  id: string;
  user_id: string;
  title: string;
  is_completed: boolean;
  priority: string;
  due_date: string | null;
}

/** Returns the row of a task. */
export function row(page: Page, title: string): Locator {
  return page.getByRole("list", { name: "Tasks" }).getByRole("listitem").filter({ hasText: title });
}

/** Returns the titles on the page, from top to bottom. */
export function titles(page: Page): Locator {
  return page.locator("[data-title]");
}

/** Returns a toast with this text. */
export function message(page: Page, text: string): Locator {
  return page.getByRole("region", { name: "Notifications" }).getByRole("dialog").filter({ hasText: text });
}

/** Switches to another window and back. */
export async function switchWindows(page: Page): Promise<void> {
  await page.evaluate(() => window.dispatchEvent(new Event("visibilitychange")));
}

/** Adds a task with the form and waits until it is created. */
export async function add(page: Page, title: string): Promise<void> {
  await page.getByRole("textbox", { name: "New task", exact: true }).fill(title);
  await page.keyboard.press("Enter");
  await expect(row(page, title).getByRole("checkbox")).toBeEnabled();
}

/** Marks a task as done. Not with `check`, which asserts the state before the list has changed. */
export async function complete(page: Page, title: string): Promise<void> {
  const box = row(page, title).getByRole("checkbox");
  await box.click();
  await expect(box).toBeChecked();
}

/** Calls the task service with a token, without the page. */
export function tasksApi(request: APIRequestContext, site: Site, token: string) {
  const headers = { Authorization: `Bearer ${token}` };
  return {
    list: async (user = "me"): Promise<Task[]> => {
      const answer = await request.get(`${site.tasks}/api/${user}/tasks`, { headers });
      return ((await answer.json()) as { tasks: Task[] }).tasks;
    },
    create: async (task: Partial<Task>): Promise<Task> => {
      const answer = await request.post(`${site.tasks}/api/me/tasks`, { headers, data: task });
      return (await answer.json()) as Task;
    },
    /** Creates tasks in this order: the last one is the newest. */
    createAll: async (titles: readonly string[]): Promise<void> => {
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

/** The response to a request from inside the page: its status, and its error code if any. */
export interface Answer {
  status: number;
  code: string | undefined;
  body: unknown;
}

/** Sends a request from inside the page, like one of its scripts. */
export function fetchFromPage(
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
