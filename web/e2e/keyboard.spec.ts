import type { Page } from "@playwright/test";
import { tasksApi, row, titles } from "./board";
import { expect, newPerson, test, tokenOf } from "./fixtures";

/** The test has many short steps. */
const JOURNEY = 120_000;

/** More tab stops than any page has. */
const MAX_TAB_STOPS = 80;

/** Returns the accessible name of the focused element. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement)) {
      return "";
    }
    const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
    const name = element.getAttribute("aria-label") ?? labels.map((label) => label.innerText).join(" ");
    return (name || element.innerText).trim();
  });
}

/** Presses Tab until this control has the focus. */
async function tabTo(page: Page, name: string | RegExp, within?: string): Promise<void> {
  for (let stop = 0; stop < MAX_TAB_STOPS; stop += 1) {
    const found = await focused(page);
    const inside = within
      ? await page.evaluate(
          (title) => document.activeElement?.closest("section")?.querySelector("h2")?.innerText === title,
          within,
        )
      : true;
    if (inside && (typeof name === "string" ? found === name : name.test(found))) {
      return;
    }
    await page.keyboard.press("Tab");
  }
  throw new Error(`no tab stop is named ${name}`);
}

async function type(page: Page, text: string): Promise<void> {
  await page.keyboard.type(text);
}

/** Moves the focus in the list with `j` and `k`. The first `j` focuses the first task. */
async function goTo(page: Page, title: string): Promise<void> {
  const here = await focused(page);
  const all = (await titles(page).allTextContents()).map((one) => `Edit ${one}`);
  const steps = all.indexOf(`Edit ${title}`) - all.indexOf(here);
  for (let step = 0; step < Math.abs(steps); step += 1) {
    await page.keyboard.press(steps > 0 ? "j" : "k");
  }
  expect(await focused(page)).toBe(`Edit ${title}`);
}

test("by keyboard only: sign up, thirty operations on tasks, another device's session, the account's end", async ({
  page,
  context,
  site,
  newDevice,
}) => {
  test.setTimeout(JOURNEY);
  const ada = newPerson();
  // Any mouse event in this browser is an error.
  await page.addInitScript(() => {
    for (const event of ["pointerdown", "mousedown", "touchstart"]) {
      addEventListener(event, () => reportError(new Error(`${event} in a test by keyboard only`)), true);
    }
  });

  await test.step("sign up", async () => {
    await page.goto("/");
    await tabTo(page, "Create an account");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL("/signup");
    await tabTo(page, "Name");
    await type(page, ada.name);
    await page.keyboard.press("Tab");
    await type(page, ada.email);
    await page.keyboard.press("Tab");
    await type(page, ada.password);
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL("/dashboard");
    await expect(page.getByText("Nothing to do")).toBeVisible();
  });

  let operations = 0;
  const done = () => {
    operations += 1;
  };
  await test.step("add twelve tasks, one of them with a priority and a date", async () => {
    await page.keyboard.press("n");
    for (let number = 1; number <= 11; number += 1) {
      await type(page, `Task ${String(number).padStart(2, "0")}`);
      await page.keyboard.press("Enter");
      await expect(row(page, `Task ${String(number).padStart(2, "0")}`).getByRole("checkbox")).toBeEnabled();
      done();
    }
    await type(page, "Task 12");
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Priority of the new task");
    await type(page, "High");
    await page.keyboard.press("Tab");
    await type(page, "01022030");
    await tabTo(page, "Add");
    await page.keyboard.press("Enter");
    await expect(row(page, "Task 12")).toContainText("High priority");
    await expect(row(page, "Task 12")).toContainText("2030");
    await expect(row(page, "Task 12").getByRole("checkbox")).toBeEnabled();
    done();
    await expect(titles(page)).toHaveCount(12);
  });

  await test.step("complete five, and one of them not", async () => {
    await page.keyboard.press("Escape");
    await tabTo(page, /^Edit Task/);
    for (const title of ["Task 12", "Task 11", "Task 10", "Task 09", "Task 08"]) {
      await goTo(page, title);
      await page.keyboard.press("x");
      await expect(row(page, title).getByRole("checkbox")).toBeChecked();
      done();
    }
    await page.keyboard.press("x");
    await expect(row(page, "Task 08").getByRole("checkbox")).not.toBeChecked();
    done();
  });

  await test.step("three priorities", async () => {
    for (const [title, key, name] of [
      ["Task 07", "1", "High"],
      ["Task 06", "3", "Low"],
      ["Task 12", "2", "Medium"],
    ] as const) {
      await goTo(page, title);
      await page.keyboard.press(key);
      await expect(row(page, title)).toContainText(`${name} priority`);
      done();
    }
  });

  await test.step("edit four", async () => {
    for (const number of ["01", "02", "03", "04"]) {
      await goTo(page, `Task ${number}`);
      await page.keyboard.press("e");
      await expect(page.getByRole("textbox", { name: "Title" })).toBeFocused();
      await type(page, `Edited ${number}`);
      await page.keyboard.press("Enter");
      await expect(titles(page).filter({ hasText: `Edited ${number}` })).toBeFocused();
      done();
    }
  });

  await test.step("delete three, and undo one", async () => {
    for (const title of ["Task 05", "Task 06", "Task 07"]) {
      await goTo(page, title);
      await page.keyboard.press("d");
      await expect(titles(page).filter({ hasText: title })).toBeHidden();
      done();
    }
    await page.keyboard.press("u");
    await expect(titles(page).filter({ hasText: "Task 07" })).toBeVisible();
    done();
  });

  await test.step("search, filter, and back", async () => {
    await page.keyboard.press("/");
    await type(page, "edited");
    await expect(titles(page)).toHaveText(["Edited 04", "Edited 03", "Edited 02", "Edited 01"]);
    done();
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Delete");
    await expect(titles(page)).toHaveCount(10);
    await page.keyboard.press("Tab");
    for (const name of ["Open", "Done"]) {
      await page.keyboard.press("ArrowRight");
      await expect(page.getByRole("radio", { name })).toBeFocused();
    }
    await page.keyboard.press("Enter");
    await expect(titles(page)).toHaveText(["Task 12", "Task 11", "Task 10", "Task 09"]);
    done();
  });

  expect(operations).toBeGreaterThanOrEqual(30);
  await test.step("the service has all of it", async () => {
    const api = tasksApi(context.request, site, await tokenOf(context.request, site));
    const shown = (tasks: Awaited<ReturnType<typeof api.list>>) =>
      tasks.map(({ title, is_completed, priority }) => `${title} ${priority}${is_completed ? " done" : ""}`);
    await expect
      .poll(async () => shown(await api.list()))
      .toEqual([
        "Task 12 medium done",
        "Task 11 medium done",
        "Task 10 medium done",
        "Task 09 medium done",
        "Task 08 medium",
        "Task 07 high",
        "Edited 04 medium",
        "Edited 03 medium",
        "Edited 02 medium",
        "Edited 01 medium",
      ]);
  });

  const phone = await newDevice(ada);
  await phone.page.goto("/dashboard");
  await expect(titles(phone.page)).toHaveCount(10);

  await test.step("end the session of another device", async () => {
    await tabTo(page, "Settings");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL("/settings");
    await expect(page.getByText("This device")).toBeVisible();
    await tabTo(page, /^Sign out .+, since/);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("region", { name: "Signed-in devices" }).getByRole("listitem")).toHaveCount(1);
    await phone.page.reload();
    await expect(phone.page).toHaveURL("/signin?expired");
  });

  await test.step("delete the account", async () => {
    await tabTo(page, "Confirm with your password", "Delete account");
    await type(page, ada.password);
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL("/signin");
    await tabTo(page, "Email");
    await type(page, ada.email);
    await page.keyboard.press("Tab");
    await type(page, ada.password);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("alert").filter({ hasText: "Invalid credentials" })).toBeVisible();
  });
});
