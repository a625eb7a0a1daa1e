import { add, tasksApi, message, row, titles } from "./board";
import { expect, signUp, test, tokenOf } from "./fixtures";

test("a task with a priority and a due date is added with Enter, and the next one can be typed immediately", async ({
  page,
  context,
  site,
  person,
}) => {
  await page.goto("/dashboard");
  const field = page.getByRole("textbox", { name: "New task", exact: true });
  await field.press("Enter");
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toHaveAccessibleDescription(/.+/);
  await field.fill("a".repeat(201));
  await field.press("Enter");
  await expect(field).toHaveAccessibleDescription(/200/);
  await expect(field).toHaveValue("a".repeat(201));

  await field.fill("Pay the rent");
  await page.getByLabel("Priority of the new task").selectOption("High");
  await page.getByLabel("Due date of the new task").fill("2030-02-01");
  await field.press("Enter");
  await expect(field).toBeFocused();
  await expect(field).toHaveValue("");
  await page.keyboard.type("Buy milk");
  await page.keyboard.press("Enter");
  await expect(titles(page)).toHaveText(["Buy milk", "Pay the rent"]);
  await expect(row(page, "Pay the rent")).toContainText("High priority");
  await expect(row(page, "Pay the rent")).toContainText("2030");
  const api = tasksApi(context.request, site, await tokenOf(context.request, site));
  await expect
    .poll(() => api.list())
    .toMatchObject([
      { title: "Buy milk", priority: "medium", due_date: null },
      { title: "Pay the rent", priority: "high", due_date: "2030-02-01T23:59:59Z", user_id: person.id },
    ]);
});

test("a task is edited in place, and Escape closes the editor", async ({ page, context, site, person }) => {
  await page.goto("/dashboard");
  await add(page, "Cal Ada");
  await row(page, "Cal Ada").getByRole("button", { name: "Edit Cal Ada" }).click();
  const title = page.getByRole("textbox", { name: "Title" });
  await expect(title).toBeFocused();
  await title.press("Escape");
  await expect(titles(page)).toHaveText(["Cal Ada"]);
  await expect(titles(page)).toBeFocused();

  await page.keyboard.press("Enter");
  await title.fill("Call Ada");
  const description = page.getByRole("textbox", { name: "Description" });
  // An emoji is one character, as the service counts.
  const longest = "🚂".repeat(1000);
  await description.fill(`${longest}!`);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(description).toHaveAccessibleDescription("Use at most 1000 characters (now 1001)");
  await expect(description).toBeFocused();
  await expect(description).toHaveValue(`${longest}!`);
  await description.fill(longest);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(row(page, "Call Ada")).toContainText(longest);

  await page.keyboard.press("Enter");
  await description.fill("About the engine,\nand its cards");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(row(page, "Call Ada")).toContainText("About the engine");
  await expect(titles(page)).toBeFocused();
  const api = tasksApi(context.request, site, await tokenOf(context.request, site));
  await expect
    .poll(() => api.list())
    .toMatchObject([{ title: "Call Ada", description: "About the engine,\nand its cards", user_id: person.id }]);
});

test("a deletion can be undone for five seconds and is sent only then", async ({ page, context, site, person }) => {
  await page.clock.install();
  // Every deletion that is sent, with its `keepalive` flag.
  const deleted: boolean[] = [];
  await page.exposeFunction("latchkeyDeleted", (keepalive: boolean) => void deleted.push(keepalive));
  await page.addInitScript(() => {
    const send = window.fetch;
    const told = window as unknown as { latchkeyDeleted: (keepalive: boolean) => void };
    window.fetch = (input, init) => {
      if (input instanceof Request && input.method === "DELETE") {
        told.latchkeyDeleted(input.keepalive);
      }
      return send(input, init);
    };
  });
  await page.goto("/dashboard");
  await add(page, "Kept after all");
  await add(page, `${person.name} is done with it`);
  await row(page, "Kept after all").getByRole("button", { name: "Delete Kept after all" }).click();
  await expect(titles(page)).toHaveText([`${person.name} is done with it`]);
  await page.clock.runFor(4_500);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(titles(page)).toHaveCount(2);
  await page.clock.runFor(6_000);
  expect(deleted).toEqual([]);

  await row(page, "is done with it")
    .getByRole("button", { name: /^Delete/ })
    .click();
  await expect(message(page, "is done with it")).toBeVisible();
  await page.clock.runFor(5_100);
  await expect.poll(() => deleted).toEqual([true]);
  const api = tasksApi(context.request, site, await tokenOf(context.request, site));
  await expect.poll(() => api.list()).toMatchObject([{ title: "Kept after all" }]);
  await expect(page.getByRole("button", { name: "Undo" })).toBeHidden();
});

test("a pending deletion is sent when the page is closed", async ({ page, context, site, person }) => {
  await page.goto("/dashboard");
  await add(page, `${person.name} leaves`);
  const api = tasksApi(context.request, site, await tokenOf(context.request, site));
  await row(page, "leaves")
    .getByRole("button", { name: /^Delete/ })
    .click();
  await expect(page.getByText("Nothing to do")).toBeVisible();
  expect(await api.list()).toHaveLength(1);
  await page.goto("about:blank");
  await expect.poll(() => api.list()).toEqual([]);
});

test("search and filters are in the URL, survive a reload and can be cleared", async ({ page, context, site }) => {
  await signUp(context.request, site);
  const api = tasksApi(context.request, site, await tokenOf(context.request, site));
  await api.create({ title: "Green tea", priority: "high" });
  await api.create({ title: "Black tea", priority: "low" });
  const { id } = await api.create({ title: "Coffee", priority: "high" });
  await api.change(id, { is_completed: true });

  await page.goto("/dashboard");
  await expect(titles(page)).toHaveCount(3);
  await page.getByRole("searchbox").fill("tea");
  await expect(titles(page)).toHaveText(["Black tea", "Green tea"]);
  await page.getByLabel("Filter by priority").selectOption("High");
  await expect(titles(page)).toHaveText(["Green tea"]);
  await expect(page).toHaveURL(/search=tea/);
  await expect(page).toHaveURL(/priority=high/);
  await page.reload();
  await expect(titles(page)).toHaveText(["Green tea"]);
  await expect(page.getByRole("searchbox")).toHaveValue("tea");

  await page.getByRole("radio", { name: "Done" }).click();
  await expect(page.getByText("No matching tasks")).toBeVisible();
  await page.getByRole("button", { name: "Show all tasks" }).click();
  await expect(titles(page)).toHaveCount(3);
  await expect(page).toHaveURL("/dashboard");
  await page.getByRole("radio", { name: "Done" }).click();
  await expect(titles(page)).toHaveText(["Coffee"]);
  // A task that no longer matches after a change is removed.
  await row(page, "Coffee").getByRole("checkbox").click();
  await expect(page.getByText("No matching tasks")).toBeVisible();
});
