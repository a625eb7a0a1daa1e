import { add, tasksApi, row, titles } from "./board";
import { expect, newPerson, signUp, test, tokenOf } from "./fixtures";

/** Time zones at both ends of the day. */
const ZONES = ["Pacific/Pago_Pago", "Pacific/Kiritimati"] as const;

test("a due date is the same day in every time zone, and overdue when that day is over for the reader", async ({
  page,
  context,
  site,
  browser,
  person,
}) => {
  await page.goto("/dashboard");
  await page.getByRole("textbox", { name: "New task", exact: true }).fill(`${person.name}'s rent`);
  await page.getByLabel("Due date of the new task").fill("2030-02-01");
  await page.keyboard.press("Enter");
  await expect(row(page, "rent")).toContainText("1 Feb 2030");
  const state = await context.storageState();
  for (const timezoneId of ZONES) {
    const elsewhere = await browser.newContext({
      storageState: state,
      timezoneId,
      locale: "en-GB",
      baseURL: site.origin,
    });
    const there = await elsewhere.newPage();
    // Noon and the last minute of that day in the reader's time zone.
    await there.clock.install({ time: at("2030-02-01T12:00", timezoneId) });
    await there.goto("/dashboard");
    await expect(row(there, "rent")).toContainText("Today");
    await there.clock.setSystemTime(at("2030-02-01T23:59", timezoneId));
    await there.reload();
    await expect(row(there, "rent")).toContainText("Today");
    // The page is left open over midnight.
    await there.clock.runFor(120_000);
    await expect(row(there, "rent")).toContainText("Overdue, 1 Feb");
    await there.getByRole("button", { name: "Edit" }).first().click();
    await expect(there.getByLabel("Due date", { exact: true })).toHaveValue("2030-02-01");
    await elsewhere.close();
  }
});

/** Converts a local time in a time zone to a date. */
function at(wall: string, timeZone: string): Date {
  const asUtc = new Date(`${wall}:00Z`);
  const shown = new Date(`${asUtc.toLocaleString("sv-SE", { timeZone }).replace(" ", "T")}Z`);
  return new Date(asUtc.getTime() - (shown.getTime() - asUtc.getTime()));
}

test.describe("with another locale", () => {
  test.use({ locale: "de-DE" });

  test("dates use its format, and text keeps its own direction", async ({ page, context, site }) => {
    await signUp(context.request, site, newPerson("עדה"));
    const api = tasksApi(context.request, site, await tokenOf(context.request, site));
    await api.create({ title: "לקנות חלב", due_date: "2030-12-24T23:59:59Z" });
    await api.create({ title: "Buy milk" });
    await page.goto("/dashboard");
    await expect(row(page, "חלב")).toContainText("24. Dez. 2030");
    const direction = (text: string) =>
      titles(page)
        .filter({ hasText: text })
        .evaluate((title) => getComputedStyle(title).direction);
    expect(await direction("חלב")).toBe("rtl");
    expect(await direction("milk")).toBe("ltr");
    const field = page.getByRole("textbox", { name: "New task", exact: true });
    await field.fill("חלב");
    await expect(field).toHaveCSS("direction", "rtl");
  });
});

test("the back button undoes filters one at a time", async ({ page, person }) => {
  await page.goto("/dashboard");
  await add(page, `${person.name}'s tea`);
  await add(page, "Coffee");
  await page.getByRole("radio", { name: "Open" }).check();
  await expect(page).toHaveURL("/dashboard?status=pending");
  await page.getByRole("searchbox").pressSequentially("tea");
  await expect(titles(page)).toHaveText([`${person.name}'s tea`]);
  await page.getByRole("searchbox").pressSequentially(" x");
  await expect(page.getByText("No matching tasks")).toBeVisible();
  await page.goBack();
  await expect(page.getByRole("searchbox")).toHaveValue("");
  await expect(page.getByRole("radio", { name: "Open" })).toBeChecked();
  await expect(titles(page)).toHaveCount(2);
  await page.goBack();
  await expect(page).toHaveURL("/dashboard");
  await expect(page.getByRole("radio", { name: "All" })).toBeChecked();
  await page.goForward();
  await expect(page.getByRole("radio", { name: "Open" })).toBeChecked();
});
