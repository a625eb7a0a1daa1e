import { add, fetchFromPage, tasksApi, complete, row } from "./board";
import { expect, signUp, test, tokenOf } from "./fixtures";

test("US5.1 a created task is bound to its creator, whatever the request says", async ({
  page,
  context,
  site,
  person,
  registered: bob,
}) => {
  await page.goto("/dashboard");
  await add(page, "Write the preface");
  const token = await tokenOf(context.request, site);
  const api = tasksApi(context.request, site, token);
  expect(await api.list()).toMatchObject([{ title: "Write the preface", user_id: person.id }]);

  const body = { title: "For Bob", user_id: bob.id };
  const answer = await fetchFromPage(page, `${site.tasks}/api/me/tasks`, { method: "POST", token, body });
  expect(answer).toMatchObject({ status: 201, body: { title: "For Bob", user_id: person.id } });
  expect(await api.list()).toMatchObject([
    { title: "For Bob", user_id: person.id },
    { title: "Write the preface", user_id: person.id },
  ]);
});

test("US5.2 the owner may update it", async ({ page, context, site, person }) => {
  await page.goto("/dashboard");
  await add(page, "Write the preface");
  await complete(page, "Write the preface");
  await row(page, "Write the preface").getByRole("button", { name: "Edit Write the preface" }).click();
  await page.getByRole("textbox", { name: "Title" }).fill("Write the whole book");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(row(page, "Write the whole book").getByRole("checkbox")).toBeChecked();
  const api = tasksApi(context.request, site, await tokenOf(context.request, site));
  await expect
    .poll(() => api.list())
    .toMatchObject([{ title: "Write the whole book", is_completed: true, user_id: person.id }]);
});

test("US5.3 US5.4 updating or deleting another user's task is refused, and never tells whether it exists", async ({
  page,
  context,
  site,
  request,
}) => {
  const bob = await signUp(request, site);
  const bobsApi = tasksApi(request, site, await tokenOf(request, site));
  const task = await bobsApi.create({ title: "Bob's own" });

  await signUp(context.request, site);
  const token = await tokenOf(context.request, site);
  await page.goto("/");
  const nobodys = "01890000-0000-7000-8000-000000000000";
  for (const [method, body] of [
    ["PATCH", { title: "Taken" }],
    ["PUT", { title: "Taken" }],
    ["DELETE", undefined],
  ] as const) {
    const ask = (user: string, id: string) =>
      fetchFromPage(page, `${site.tasks}/api/${user}/tasks/${id}`, { method, token, ...(body ? { body } : {}) });
    expect(await ask(bob.id, task.id), method).toMatchObject({ status: 403 });
    const refused = await ask("me", task.id);
    expect(refused, method).toMatchObject({ status: 404 });
    expect(await ask("me", nobodys), method).toEqual(refused);
  }
  expect(await bobsApi.list()).toMatchObject([{ id: task.id, title: "Bob's own" }]);
});

test("two users at the same time see and change only their own tasks", async ({ site, newDevice }) => {
  const people = await Promise.all(
    ["Ada", "Bob"].map(async (name) => {
      const { context, page } = await newDevice();
      await signUp(context.request, site);
      await page.goto("/dashboard");
      return { name, page };
    }),
  );
  // In turns, so that any leak between them would be visible.
  for (const number of [1, 2, 3]) {
    for (const { name, page } of people) {
      await add(page, `${name}'s task ${number}`);
    }
  }
  for (const { name, page } of people) {
    await complete(page, `${name}'s task 2`);
    await row(page, `${name}'s task 1`)
      .getByRole("button", { name: `Delete ${name}'s task 1` })
      .click();
    await page.getByRole("button", { name: "Undo" }).click();
  }
  for (const { name, page } of people) {
    await page.reload();
    const own = [3, 2, 1].map((number) => `${name}'s task ${number}`);
    await expect(page.locator("[data-title]")).toHaveText(own);
    await expect(row(page, `${name}'s task 2`).getByRole("checkbox")).toBeChecked();
  }
});
