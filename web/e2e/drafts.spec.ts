import type { Locator, Page } from "@playwright/test";
import { add, tasksApi, row, switchWindows, titles } from "./board";
import { expect, test, tokenOf } from "./fixtures";

const field = (page: Page) => page.getByRole("textbox", { name: "New task", exact: true });
const title = (page: Page) => page.getByRole("textbox", { name: "Title" });
const description = (page: Page) => page.getByRole("textbox", { name: "Description" });
const asking = (page: Page) => page.getByRole("dialog", { name: "Discard unsaved changes?" });

/** Returns the editor of a task that the list does not show. */
function stray(page: Page): Locator {
  return page.getByRole("region", { name: "Unsaved changes" });
}

async function openEditor(page: Page, of: string): Promise<void> {
  await row(page, of)
    .getByRole("button", { name: `Edit ${of}` })
    .click();
  await expect(title(page)).toBeFocused();
}

test("input survives a reload, in both forms", async ({ page, person }) => {
  await page.goto("/dashboard");
  await add(page, `${person.name}'s plan`);
  await openEditor(page, `${person.name}'s plan`);
  await description(page).fill("Begin with the roof");
  await field(page).fill("Not yet added");
  await page.getByLabel("Due date of the new task").fill("2031-05-06");

  await page.reload();
  await expect(field(page)).toHaveValue("Not yet added");
  await expect(page.getByLabel("Due date of the new task")).toHaveValue("2031-05-06");
  await expect(description(page)).toHaveValue("Begin with the roof");
  const saved = page.waitForResponse((response) => response.request().method() === "PATCH");
  await page.getByRole("button", { name: "Save" }).click();
  await saved;
  await expect(row(page, `${person.name}'s plan`)).toContainText("Begin with the roof");
  // Saving deletes the draft.
  await page.reload();
  await expect(row(page, `${person.name}'s plan`)).toContainText("Begin with the roof");
  await expect(title(page)).toBeHidden();
});

test("a sign-out asks before it discards, and leaves no draft in the browser", async ({ page, person }) => {
  await page.goto("/dashboard");
  await field(page).fill(`${person.name}'s secret`);
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).toContain("secret");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(asking(page)).toContainText(`You have not added “${person.name}'s secret”.`);
  await page.keyboard.press("Enter");
  await expect(asking(page)).toBeHidden();
  await expect(field(page)).toHaveValue(`${person.name}'s secret`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await asking(page).getByRole("button", { name: "Discard" }).click();
  await expect(page).toHaveURL("/signin");
  expect(await page.evaluate(() => JSON.stringify({ ...sessionStorage }))).not.toContain("secret");
});

test("Escape and a click on another task ask before discarding, also by keyboard only", async ({ page, person }) => {
  await page.goto("/dashboard");
  await add(page, "Other");
  await add(page, `${person.name}'s own`);
  await openEditor(page, `${person.name}'s own`);
  // Nothing would be lost, so nothing is asked.
  await page.keyboard.press("Escape");
  await expect(titles(page).filter({ hasText: "own" })).toBeFocused();

  await page.keyboard.press("Enter");
  await title(page).fill("Something else");
  await page.keyboard.press("Escape");
  await expect(asking(page)).toBeVisible();
  await expect(asking(page).getByRole("button", { name: "Keep editing" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(asking(page)).toBeHidden();
  await expect(title(page)).toBeFocused();
  await expect(title(page)).toHaveValue("Something else");

  // Escape in the dialog keeps the input.
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await expect(asking(page)).toBeHidden();
  await expect(title(page)).toHaveValue("Something else");

  await row(page, "Other").getByRole("button", { name: "Edit Other" }).click();
  await asking(page).getByRole("button", { name: "Keep editing" }).click();
  await expect(title(page)).toHaveValue("Something else");
  await row(page, "Other").getByRole("button", { name: "Edit Other" }).click();
  await asking(page).getByRole("button", { name: "Discard", exact: true }).click();
  await expect(title(page)).toHaveValue("Other");
  await page.keyboard.press("Escape");
  await expect(titles(page)).toHaveText([`${person.name}'s own`, "Other"]);
});

test("input for a task that was deleted elsewhere is kept and can be added again", async ({
  page,
  context,
  site,
  person,
}) => {
  await page.goto("/dashboard");
  await add(page, "Deleted on a phone");
  const api = tasksApi(context.request, site, await tokenOf(context.request, site));
  const [task] = await api.list();
  await openEditor(page, "Deleted on a phone");
  await description(page).fill(`By ${person.name}`);
  await api.remove(task?.id ?? "");
  await switchWindows(page);
  await expect(stray(page).getByRole("alert")).toContainText("This task was deleted elsewhere.");
  await expect(description(page)).toHaveValue(`By ${person.name}`);
  await page.reload();
  await expect(stray(page).getByRole("alert")).toContainText("This task was deleted elsewhere.");

  await page.getByRole("button", { name: "Add as a new task" }).click();
  await expect(stray(page)).toBeHidden();
  await expect(row(page, "Deleted on a phone")).toContainText(`By ${person.name}`);
  await expect.poll(() => api.list()).toMatchObject([{ title: "Deleted on a phone" }]);

  // The same if the service reports it.
  await expect(row(page, "Deleted on a phone").getByRole("checkbox")).toBeEnabled();
  await openEditor(page, "Deleted on a phone");
  await title(page).fill("Still wanted");
  const [again] = await api.list();
  await api.remove(again?.id ?? "");
  await title(page).press("Enter");
  await expect(stray(page).getByRole("alert")).toContainText("This task was deleted elsewhere.");
  await expect(title(page)).toHaveValue("Still wanted");
  await stray(page).getByRole("button", { name: "Discard" }).click();
  await asking(page).getByRole("button", { name: "Discard", exact: true }).click();
  await expect(page.getByText("Nothing to do")).toBeVisible();
  await expect(stray(page)).toBeHidden();
});

test("a change made elsewhere while a task is edited is shown, and either version can be kept", async ({
  page,
  context,
  site,
  person,
}) => {
  await page.goto("/dashboard");
  await add(page, "Plan");
  const api = tasksApi(context.request, site, await tokenOf(context.request, site));
  const id = (await api.list())[0]?.id ?? "";
  await openEditor(page, "Plan");
  await title(page).fill(`${person.name}'s plan`);
  await api.change(id, { title: "A plan from a phone", priority: "high" });
  await switchWindows(page);
  const told = row(page, "Latest title").getByRole("alert");
  await expect(told).toContainText("Latest title: A plan from a phone");
  // Fields that were not edited follow the task.
  await expect(row(page, "Latest title").getByLabel("Priority")).toHaveValue("high");
  await expect(title(page)).toHaveValue(`${person.name}'s plan`);

  await told.getByRole("button", { name: "Use this title" }).click();
  await expect(title(page)).toHaveValue("A plan from a phone");
  await expect(title(page)).toBeFocused();
  await expect(page.getByText("Latest title")).toBeHidden();
  await title(page).fill("Agreed");
  await title(page).press("Enter");
  await expect(titles(page)).toHaveText(["Agreed"]);
  await expect.poll(() => api.list()).toMatchObject([{ title: "Agreed", priority: "high" }]);
});

test("an editor stays open when its task no longer matches the filters", async ({ page, person }) => {
  await page.goto("/dashboard");
  await add(page, `${person.name}'s tea`);
  await openEditor(page, `${person.name}'s tea`);
  await title(page).fill("Coffee after all");
  await page.getByRole("searchbox").fill("nothing like it");
  await expect(page.getByText("No matching tasks")).toBeVisible();
  await expect(stray(page).getByRole("textbox", { name: "Title" })).toHaveValue("Coffee after all");
  await page.getByRole("button", { name: "Show all tasks" }).click();
  await expect(stray(page)).toBeHidden();
  await expect(title(page)).toHaveValue("Coffee after all");
});
