import { add, tasksApi, complete, message, row, titles } from "./board";
import { expect, test, tokenOf } from "./fixtures";

test("offline and back: changes are shown immediately, queued, and sent in order", async ({
  page,
  context,
  site,
  person,
}) => {
  await page.goto("/dashboard");
  await add(page, "Before the tunnel");
  await context.setOffline(true);
  await expect(page.getByText("You are offline.")).toBeVisible();

  await complete(page, "Before the tunnel");
  for (const title of ["First in the tunnel", "Second in the tunnel"]) {
    await page.getByRole("textbox", { name: "New task", exact: true }).fill(title);
    await page.keyboard.press("Enter");
  }
  const shown = ["Second in the tunnel", "First in the tunnel", "Before the tunnel"];
  await expect(titles(page)).toHaveText(shown);
  // The service has not received them. This request does not use the browser's network.
  const api = tasksApi(context.request, site, await tokenOf(context.request, site));
  expect(await api.list()).toMatchObject([{ title: "Before the tunnel", is_completed: false }]);

  await context.setOffline(false);
  await expect(page.getByText("You are offline.")).toBeHidden();
  await expect
    .poll(() => api.list())
    .toMatchObject(shown.map((title) => ({ title, is_completed: title === "Before the tunnel", user_id: person.id })));
  await expect(titles(page)).toHaveText(shown);
  for (const title of shown) {
    await expect(row(page, title).getByRole("checkbox")).toBeEnabled();
  }
});

test("offline a deletion is queued too, and the browser asks before the page is closed", async ({
  page,
  context,
  site,
  person,
}) => {
  await page.clock.install();
  await page.goto("/dashboard");
  await add(page, `${person.name} is done with it`);
  const api = tasksApi(context.request, site, await tokenOf(context.request, site));
  await context.setOffline(true);
  await row(page, "is done with it")
    .getByRole("button", { name: /^Delete/ })
    .click();
  await page.clock.runFor(6_000);
  await expect(page.getByRole("button", { name: "Undo" })).toBeHidden();
  await expect(page.getByText("Nothing to do")).toBeVisible();
  expect(await api.list()).toHaveLength(1);

  const asked = page.waitForEvent("dialog");
  await page.close({ runBeforeUnload: true });
  const dialog = await asked;
  expect(dialog.type()).toBe("beforeunload");
  await dialog.dismiss();

  await context.setOffline(false);
  await expect.poll(() => api.list()).toEqual([]);
  // Nothing is queued any more, so nothing is asked.
  await page.close({ runBeforeUnload: true });
  await expect.poll(() => page.isClosed()).toBe(true);
});

test("a change that the service rejects is rolled back with a message", async ({ page, context, site, person }) => {
  await page.goto("/dashboard");
  await add(page, "Gone elsewhere");
  await add(page, `${person.name} keeps this`);
  const token = await tokenOf(context.request, site);
  const [, gone] = await tasksApi(context.request, site, token).list();
  await tasksApi(context.request, site, token).remove(gone?.id ?? "");

  // Rolled back so quickly that the checkbox is never seen checked.
  await row(page, "Gone elsewhere").getByRole("checkbox").click();
  const told = message(page, "“Gone elsewhere” was not changed. It was deleted elsewhere.");
  await expect(told).toBeVisible();
  await expect(titles(page)).toHaveText([`${person.name} keeps this`]);
  await told.getByRole("button", { name: "Close" }).click();
  await expect(told).toBeHidden();
});

test("input that could not be saved returns to its form, one task after another, and to its editor", async ({
  page,
  person,
}) => {
  const field = page.getByRole("textbox", { name: "New task", exact: true });
  const title = page.getByRole("textbox", { name: "Title" });
  const notTaken = (what: string) => message(page, `${what}. The service cannot be reached.`);
  await page.goto("/dashboard");
  await add(page, "There already");
  let fail = () => {};
  const typing = new Promise<void>((resolve) => (fail = resolve));
  await page.route(/\/api\/me\/tasks/, async (route) => {
    if (["POST", "PATCH"].includes(route.request().method())) {
      await typing;
      await route.abort("connectionrefused");
    } else {
      await route.continue();
    }
  });
  await field.fill(`${person.name}'s idea`);
  await field.press("Enter");
  await field.fill("The next idea");
  fail();
  await expect(notTaken(`“${person.name}'s idea” was not added`)).toBeVisible();
  await expect(field).toHaveValue("The next idea");
  await row(page, "There already").getByRole("button", { name: "Edit There already" }).click();
  await title.fill("Here now");
  await title.press("Enter");
  await expect(notTaken("“There already” was not changed")).toBeVisible();
  await expect(title).toHaveValue("Here now");

  await page.unrouteAll();
  await title.press("Enter");
  await expect(titles(page)).toHaveText(["Here now"]);
  await field.press("Enter");
  await expect(field).toHaveValue(`${person.name}'s idea`);
  await field.press("Enter");
  await expect(titles(page)).toHaveText([`${person.name}'s idea`, "The next idea", "Here now"]);
  await expect(field).toHaveValue("");
});

test("a list that fails to load shows an error and can be retried", async ({ page, context, site, person }) => {
  await tasksApi(context.request, site, await tokenOf(context.request, site)).create({ title: `For ${person.name}` });
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  let away = true;
  await page.route("**/api/me/tasks?*", async (route) => {
    await held;
    await (away ? route.abort("connectionrefused") : route.continue());
  });
  await page.goto("/dashboard");
  await expect(page.getByText("Loading your tasks…")).toBeAttached();
  await expect(page.getByText("Still loading your tasks. Your connection may be slow.")).toBeVisible();
  answer();
  await expect(page.getByRole("alert").filter({ hasText: "The service cannot be reached." })).toBeVisible();
  away = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(titles(page)).toHaveText([`For ${person.name}`]);
});
