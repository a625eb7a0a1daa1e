import { expect, type APIRequestContext, type Page } from "@playwright/test";
import { tasksApi, message, switchWindows, type Task } from "./board";
import { tokenOf } from "./fixtures";
import type { Site } from "./stack/environment";

/** A page in one of its states. */
export interface Scene {
  /** The name of its screenshots. */
  name: string;
  /** Opens the page in this state and waits until it is complete. */
  open: (page: Page) => Promise<void>;
}

async function press(page: Page, button: string): Promise<void> {
  await page.getByRole("button", { name: button, exact: true }).click();
}

/** A scene that is complete when its heading is visible. */
function at(name: string, address: string, heading: string): Scene {
  return {
    name,
    open: async (page) => {
      await page.goto(address);
      await expect(page.getByRole("heading", { name: heading, level: 1 })).toBeVisible();
    },
  };
}

/** A form that is submitted as it is and shows an error. */
function refused(name: string, address: string, action: string, complaint: string): Scene {
  return {
    name,
    open: async (page) => {
      await page.goto(address);
      await press(page, action);
      await expect(page.getByText(complaint)).toBeVisible();
    },
  };
}

/** The pages of a guest. */
export const GUESTS: readonly Scene[] = [
  at("start", "/", "Your tasks, under lock and key"),
  at("sign-up", "/signup", "Create an account"),
  refused("sign-up-errors", "/signup", "Create account", "Password must be at least 8 characters"),
  at("sign-in", "/signin", "Sign in"),
  at("sign-in-expired", "/signin?expired", "Sign in"),
  refused("sign-in-errors", "/signin", "Sign in", "Enter your password"),
  {
    name: "sign-in-refused",
    open: async (page) => {
      await page.goto("/signin");
      await page.getByLabel("Email").fill("nobody@example.com");
      await page.getByLabel("Password").fill("not a password");
      await press(page, "Sign in");
      await expect(page.getByText("Invalid credentials")).toBeVisible();
    },
  },
  at("forgot-password", "/forgot-password", "Forgot your password?"),
  refused("forgot-password-errors", "/forgot-password", "Send link", "Invalid email format"),
  {
    name: "forgot-password-sent",
    open: async (page) => {
      await page.goto("/forgot-password");
      await page.getByLabel("Email").fill("nobody@example.com");
      await press(page, "Send link");
      await expect(page.getByRole("heading", { name: "Check your email" })).toBeVisible();
    },
  },
  at("reset-password", "/reset-password?token=x", "Set a new password"),
  refused("reset-password-errors", "/reset-password?token=x", "Set password", "Password must be at least 8 characters"),
  at("reset-password-broken", "/reset-password?error=INVALID_TOKEN", "This link is no longer valid"),
  at("verify-email", "/verify-email", "Verify your email"),
  at("verify-email-done", "/verify-email?done=1", "Email verified"),
  at("verify-email-changing", "/verify-email?changing=1", "Email change confirmed"),
  at("verify-email-broken", "/verify-email?done=1&error=INVALID_TOKEN", "This link is no longer valid"),
  at("change-refused", "/verify-email?changing=1&error=INVALID_TOKEN", "This link is no longer valid"),
  at("change-refused-other", "/verify-email?changing=1&error=INVALID_USER", "This link is for another account"),
  at("reset-password-incomplete", "/reset-password", "This link did not work"),
  at("account-deleted", "/account-deleted", "Account deleted"),
  {
    name: "password-shown",
    open: async (page) => {
      await page.goto("/signup");
      await page.getByLabel("Password").fill("correct horse battery");
      await press(page, "Show password");
      await expect(page.getByRole("button", { name: "Hide password" })).toBeVisible();
    },
  },
  at("not-found", "/no/such/page", "Page not found"),
];

const DAY = 86_400_000;
const LONG =
  "Compare the three offers for the workshop's roof, the one with the solar panels first, and write to everybody who " +
  "wanted to know about it, Donaudampfschifffahrtsgesellschaftskapitänspatent-included";

/** Tasks with different properties. */
const TASKS = [
  { title: "Return the library books", priority: "low", due_date: -3 * DAY, is_completed: true },
  { title: "Water the plants", priority: "low" },
  { title: "Pay the water bill", priority: "high", due_date: -2 * DAY },
  {
    title: LONG,
    priority: "medium",
    due_date: 400 * DAY,
    description: "The roof leaks only in the west wind. ".repeat(9),
  },
  { title: "Book the train to Vienna", priority: "medium", due_date: DAY },
  { title: "Call the dentist", priority: "high", due_date: 0, description: "Before noon" },
];

/** Creates the tasks for the signed-in user. */
async function giveTasks(request: APIRequestContext, site: Site): Promise<void> {
  const headers = { Authorization: `Bearer ${await tokenOf(request, site)}` };
  for (const { is_completed, due_date, ...task } of TASKS) {
    const due = due_date === undefined ? {} : { due_date: new Date(Date.now() + due_date).toISOString() };
    const made = await request.post(`${site.tasks}/api/me/tasks`, { headers, data: { ...task, ...due } });
    expect(made.status()).toBe(201);
    if (is_completed) {
      const { id } = (await made.json()) as { id: string };
      const done = await request.patch(`${site.tasks}/api/me/tasks/${id}`, { headers, data: { is_completed } });
      expect(done.status()).toBe(200);
    }
  }
}

/** Changes a task on another device, then focuses the window. */
async function elsewhere(
  page: Page,
  site: Site,
  title: string,
  act: (api: ReturnType<typeof tasksApi>, task: Task) => Promise<unknown>,
): Promise<void> {
  const { request } = page.context();
  const api = tasksApi(request, site, await tokenOf(request, site));
  const task = (await api.list()).find((one) => one.title === title);
  expect(task, title).toBeDefined();
  await act(api, task as Task);
  await switchWindows(page);
}

async function openTasks(page: Page): Promise<void> {
  await page.goto("/dashboard");
  await expect(page.getByRole("list", { name: "Tasks" }).getByRole("listitem")).toHaveCount(TASKS.length);
}

/** The pages of a signed-in user, starting with the first visit. */
export function members(site: Site): Scene[] {
  return [
    {
      name: "tasks-none",
      open: async (page) => {
        await page.goto("/dashboard");
        await expect(page.getByText("Nothing to do")).toBeVisible();
      },
    },
    {
      name: "tasks-session-unknown",
      open: async (page) => {
        // Never answered, so that the loading state stays.
        await page.route("**/api/auth/get-session", () => {}, { times: 1 });
        await page.goto("/dashboard");
        await expect(page.getByText("Loading your tasks")).toBeAttached();
        await expect(page.locator("h1")).toBeVisible();
      },
    },
    {
      name: "tasks-unreachable",
      open: async (page) => {
        await page.route("**/api/auth/get-session", (route) => route.abort("connectionrefused"), { times: 2 });
        await page.goto("/dashboard");
        await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
      },
    },
    {
      name: "tasks",
      open: async (page) => {
        await giveTasks(page.context().request, site);
        await openTasks(page);
      },
    },
    {
      name: "tasks-editor",
      open: async (page) => {
        await page.getByRole("button", { name: "Edit Call the dentist" }).click();
        await page.getByRole("textbox", { name: "Title" }).fill("");
        await press(page, "Save");
        await expect(page.getByRole("textbox", { name: "Title" })).toBeFocused();
        await expect(page.getByText("Enter a title")).toBeVisible();
      },
    },
    {
      name: "tasks-discard",
      open: async (page) => {
        await page.keyboard.press("Escape");
        await expect(page.getByRole("dialog", { name: "Discard unsaved changes?" })).toBeVisible();
      },
    },
    {
      name: "tasks-conflict",
      open: async (page) => {
        await page.getByRole("button", { name: "Keep editing" }).click();
        await page.getByRole("textbox", { name: "Title" }).fill("Call the dentist again");
        await elsewhere(page, site, "Call the dentist", (api, { id }) => api.change(id, { title: "Call Dr Webb" }));
        await expect(page.getByText("Latest title: Call Dr Webb")).toBeVisible();
      },
    },
    {
      name: "tasks-deleted-elsewhere",
      open: async (page) => {
        await elsewhere(page, site, "Call Dr Webb", (api, { id }) => api.remove(id));
        await expect(page.getByText("This task was deleted elsewhere.")).toBeVisible();
      },
    },
    {
      name: "tasks-not-changed",
      open: async (page) => {
        await page.getByRole("button", { name: "Add as a new task" }).click();
        await expect(page.getByText("This task was deleted elsewhere.")).toBeHidden();
        await expect(page.getByRole("checkbox", { name: "Call the dentist again" })).toBeEnabled();
        await page.route("**/api/me/tasks/*", (route) => route.abort("connectionrefused"));
        await page.getByRole("checkbox", { name: "Call the dentist again" }).click();
        await expect(message(page, "was not changed")).toBeVisible();
        await page.unrouteAll();
      },
    },
    {
      name: "tasks-shortcuts",
      open: async (page) => {
        await openTasks(page);
        await page.keyboard.press("?");
        await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
      },
    },
    {
      name: "tasks-none-found",
      open: async (page) => {
        await page.goto("/dashboard?search=nothing+of+the+kind");
        await expect(page.getByText("No matching tasks")).toBeVisible();
      },
    },
    {
      name: "tasks-empty-title",
      open: async (page) => {
        await openTasks(page);
        await press(page, "Add");
        await expect(page.getByText("Enter a title")).toBeVisible();
      },
    },
    {
      name: "settings",
      open: async (page) => {
        await page.goto("/settings");
        await expect(page.getByRole("region", { name: "Name" })).toBeVisible();
      },
    },
    {
      name: "settings-link-sent",
      open: async (page) => {
        await page.goto("/settings");
        await press(page, "Send link");
        await expect(page.getByRole("region", { name: "Verification reminder" })).toContainText("A link is on its way");
      },
    },
    {
      name: "settings-errors",
      open: async (page) => {
        await page.goto("/settings");
        await page.getByRole("region", { name: "Name" }).getByRole("textbox").fill("");
        for (const action of ["Save name", "Change email", "Change password", "Delete account"]) {
          await press(page, action);
        }
        await expect(page.locator("[aria-invalid=true]")).toHaveCount(5);
      },
    },
    {
      name: "tasks-undo",
      open: async (page) => {
        await openTasks(page);
        await page.getByRole("button", { name: "Delete Water the plants" }).click();
        await page.getByRole("button", { name: `Delete ${LONG}` }).click();
        await expect(page.getByRole("button", { name: /^Undo/ })).toHaveCount(2);
        // Hover keeps the toasts open and expands the stack.
        await message(page, "Deleted “").first().hover();
      },
    },
  ];
}
