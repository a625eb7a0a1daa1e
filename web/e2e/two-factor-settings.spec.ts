// Two-factor authentication in the settings: set-up, backup codes and trusted devices.
import { readFile } from "node:fs/promises";
import type { Locator, Page } from "@playwright/test";
import { decodeQR } from "qr/decode.js";
import { expect, fillInSignIn, test, type Person } from "./fixtures";
import { inspectPage } from "./inspect-page";
import { Authenticator, challenged, enterCode, protect, protectByMail } from "./second-factors";

test.use({ kind: "second factors" });

const BACKUP_CODES = 10;

function section(page: Page) {
  return page.getByRole("region", { name: "Two-factor authentication" });
}

function trusted(page: Page) {
  return page.getByRole("region", { name: "Trusted devices" });
}

function backupCodes(page: Page) {
  return section(page).getByRole("list", { name: "Backup codes" }).getByRole("listitem");
}

/** Starts the set-up of an authenticator app. */
async function begin(page: Page, { password }: Person): Promise<void> {
  await page.goto("/settings");
  await section(page).getByRole("button", { name: "Set up" }).click();
  await section(page).getByLabel("Confirm with your password").fill(password);
  await section(page).getByRole("button", { name: "Continue" }).click();
  await expect(section(page).getByRole("heading", { name: /^1\. / })).toBeFocused();
}

/** The width of a rendered QR code in pixels: several for each of its modules. */
const QR_WIDTH = 256;

/** Reads the text of a QR code from its pixels. */
async function scanned(code: Locator): Promise<string> {
  const pixels = await code.evaluate(async (svg, size) => {
    const image = new Image(size, size);
    const markup = new XMLSerializer().serializeToString(svg).replace("<svg", `<svg width="${size}" height="${size}"`);
    image.src = `data:image/svg+xml,${encodeURIComponent(markup)}`;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
    const context = canvas.getContext("2d");
    context?.drawImage(image, 0, 0);
    const { data } = context?.getImageData(0, 0, size, size) ?? { data: [] };
    return Array.from(data, (value) => value.toString(16).padStart(2, "0")).join("");
  }, QR_WIDTH);
  return decodeQR({ width: QR_WIDTH, height: QR_WIDTH, data: Uint8Array.from(Buffer.from(pixels, "hex")) });
}

test("an authenticator app is set up with its QR code", async ({ page, person }) => {
  await begin(page, person);
  const uri = await scanned(section(page).getByRole("img", { name: "QR code with the key" }));
  expect(uri).toMatch(/^otpauth:\/\/totp\//);
  expect(decodeURIComponent(uri)).toContain(person.email);
  await expect(section(page).getByRole("link", { name: "Open an authenticator app" })).toHaveAttribute("href", uri);
  // The key as text is the one of the QR code.
  const key = (await section(page).locator("code").textContent()) ?? "";
  expect(key.replaceAll(" ", "")).toBe(new URL(uri).searchParams.get("secret"));
  await expect(backupCodes(page)).toHaveCount(BACKUP_CODES);

  const code = section(page).getByLabel("Code", { exact: true });
  await code.fill("000000");
  await section(page).getByRole("button", { name: "Turn on" }).click();
  await expect(code).toHaveAccessibleDescription(/Incorrect code\./);
  await expect(code).toBeFocused();
  const app = new Authenticator(uri);
  await code.fill(await app.code());
  await code.press("Enter");
  await expect(section(page).getByRole("status").filter({ hasText: "Two-factor authentication is on." })).toBeVisible();
  await expect(section(page).getByRole("heading", { name: "Two-factor authentication" })).toBeFocused();
  await expect(trusted(page)).toContainText("No device is trusted.");

  await page.getByRole("button", { name: "Sign out" }).first().click();
  await expect(page).toHaveURL("/signin");
  await fillInSignIn(page, person);
  await challenged(page);
  await enterCode(page, await app.code());
  await expect(page).toHaveURL("/dashboard");
});

test("the QR code's library is loaded only for the set-up", async ({ page, person }) => {
  const scripts = new Set<string>();
  page.on("response", (response) => {
    if (response.url().endsWith(".js")) {
      scripts.add(response.url());
    }
  });
  await page.goto("/settings");
  await expect(section(page).getByRole("button", { name: "Set up" })).toBeVisible();
  await page.waitForLoadState("networkidle");
  const before = scripts.size;
  await section(page).getByRole("button", { name: "Set up" }).click();
  await section(page).getByLabel("Confirm with your password").fill(person.password);
  await section(page).getByLabel("Confirm with your password").press("Enter");
  await expect(section(page).getByRole("img", { name: "QR code with the key" })).toBeVisible();
  expect(scripts.size).toBeGreaterThan(before);
});

test("the backup codes can be copied, downloaded and printed", async ({ page, context, person }) => {
  await begin(page, person);
  await expect(backupCodes(page)).toHaveCount(BACKUP_CODES);
  const codes = await backupCodes(page).allTextContents();

  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await section(page).getByRole("button", { name: "Copy backup codes" }).click();
  await expect(section(page).getByRole("status").filter({ hasText: "Copied." })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(codes.join("\n"));

  const downloading = page.waitForEvent("download");
  await section(page).getByRole("button", { name: "Download backup codes" }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe("latchkey-backup-codes.txt");
  expect(await readFile(await download.path(), "utf8")).toBe(`Latchkey backup codes\n\n${codes.join("\n")}\n`);

  await page.evaluate(() => (window.print = () => document.documentElement.setAttribute("data-printed", "")));
  await section(page).getByRole("button", { name: "Print backup codes" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-printed");
  await page.emulateMedia({ media: "print" });
  // `innerText` contains only what is rendered.
  const paper = await page.evaluate(() => document.body.innerText.split(/\s+/).filter(Boolean));
  expect(paper).toEqual(["Latchkey", ...codes]);
  await page.emulateMedia({ media: "screen" });
  await expect(section(page)).toBeVisible();
});

test("a wrong password and a cancelled set-up change nothing", async ({ page, person }) => {
  await page.goto("/settings");
  await section(page).getByRole("button", { name: "Set up" }).click();
  const password = section(page).getByLabel("Confirm with your password");
  await password.fill("not the password");
  await section(page).getByRole("button", { name: "Continue" }).click();
  await expect(password).toHaveAccessibleDescription("Incorrect password");
  await password.fill(person.password);
  await section(page).getByRole("button", { name: "Continue" }).click();
  await expect(backupCodes(page)).toHaveCount(BACKUP_CODES);
  await section(page).getByRole("button", { name: "Cancel" }).click();
  await section(page).getByRole("button", { name: "Cancel" }).click();
  await expect(section(page).getByRole("button", { name: "Set up" })).toBeVisible();
  await page.reload();
  await expect(section(page).getByRole("button", { name: "Set up" })).toBeVisible();
});

test("codes by email are on at once", async ({ page, person }) => {
  await page.goto("/settings");
  await section(page).getByRole("button", { name: "Set up" }).click();
  await section(page).getByLabel("Codes by email").check();
  await section(page).getByLabel("Confirm with your password").fill(person.password);
  await section(page).getByRole("button", { name: "Turn on" }).click();
  await expect(section(page)).toContainText("On: every sign-in asks for a code");
  await expect(section(page).getByRole("heading", { name: "Two-factor authentication" })).toBeFocused();
  await page.reload();
  await expect(section(page)).toContainText("On: every sign-in asks for a code");
});

test("new backup codes replace the old ones", async ({ page, context, site, person }) => {
  const { backupCodes: before } = await protect(context.request, site, person);
  await page.goto("/settings");
  await section(page).getByRole("button", { name: "New backup codes" }).click();
  await expect(section(page)).toContainText("The backup codes that you have will stop working.");
  await section(page).getByLabel("Confirm with your password").fill(person.password);
  await section(page).getByRole("button", { name: "Create codes" }).click();
  await expect(backupCodes(page)).toHaveCount(BACKUP_CODES);
  const [first = ""] = await backupCodes(page).allTextContents();
  expect(before).not.toContain(first);
  await section(page).getByRole("button", { name: "Done" }).click();
  await expect(section(page).getByRole("button", { name: "New backup codes" })).toBeVisible();

  await page.getByRole("button", { name: "Sign out" }).first().click();
  await expect(page).toHaveURL("/signin");
  await fillInSignIn(page, person);
  await challenged(page);
  await page.getByRole("button", { name: "Use a backup code" }).click();
  await enterCode(page, before[0] ?? "");
  await expect(page.getByText("Incorrect backup code.")).toBeVisible();
  await enterCode(page, first);
  await expect(page).toHaveURL("/dashboard");
});

test("it can be turned off", async ({ page, context, site, person }) => {
  await protectByMail(context.request, site, person);
  await page.goto("/settings");
  await section(page).getByRole("button", { name: "Turn off" }).click();
  await section(page).getByLabel("Confirm with your password").fill(person.password);
  await section(page).getByRole("button", { name: "Turn off" }).click();
  await expect(
    section(page).getByRole("status").filter({ hasText: "Two-factor authentication is off." }),
  ).toBeVisible();
  await expect(trusted(page)).toBeHidden();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/signin");
  await fillInSignIn(page, person);
  await expect(page).toHaveURL("/dashboard");
});

test("trusted devices are listed and can be removed", async ({ page, context, site, person, newDevice }) => {
  const { app } = await protect(context.request, site, person);
  const other = (await newDevice()).page;
  for (const opened of [page, other]) {
    await opened.context().clearCookies({ name: /session/ });
    await opened.goto("/signin");
    await fillInSignIn(opened, person);
    await challenged(opened);
    await opened.getByLabel("Trust this device for 30 days").check();
    await enterCode(opened, await app.code());
    await expect(opened).toHaveURL("/dashboard");
  }
  await page.goto("/settings");
  const items = trusted(page).getByRole("listitem");
  await expect(items).toHaveCount(2);
  await expect(items.filter({ hasText: "This device" })).toHaveCount(1);
  await expect(items.first()).toContainText("Chrome on Linux");
  await expect(items.first()).toContainText(/last used .+ · trusted until /);

  await items
    .filter({ hasNotText: "This device" })
    .getByRole("button", { name: /^Remove .+, trusted since / })
    .click();
  await expect(items).toHaveCount(1);
  await expect(trusted(page).getByRole("heading", { name: "Trusted devices" })).toBeFocused();
  await other.getByRole("button", { name: "Sign out" }).click();
  await expect(other).toHaveURL("/signin");
  await fillInSignIn(other, person);
  await challenged(other);

  await items.getByRole("button").click();
  await expect(trusted(page)).toContainText("No device is trusted.");
});

test("by keyboard only: set up an authenticator app", async ({ page, person }) => {
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
  const tabTo = async (text: string) => {
    await expect(async () => {
      await page.keyboard.press("Tab");
      expect(await focused()).toBe(text);
    }).toPass();
  };
  await page.goto("/settings");
  await expect(section(page).getByRole("button", { name: "Set up" })).toBeVisible();
  await tabTo("Set up");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(section(page).getByRole("radio", { name: /authenticator app/ })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.type(person.password);
  await page.keyboard.press("Enter");
  await expect(section(page).getByRole("heading", { name: /^1\. / })).toBeFocused();
  const uri =
    (await section(page)
      .getByRole("link", { name: /authenticator app/ })
      .getAttribute("href")) ?? "";
  await tabTo("Print backup codes");
  await page.keyboard.press("Tab");
  await expect(section(page).getByLabel("Code", { exact: true })).toBeFocused();
  await page.keyboard.type(await new Authenticator(uri).code());
  await page.keyboard.press("Enter");
  await expect(section(page).getByRole("heading", { name: "Two-factor authentication" })).toBeFocused();
  await expect(section(page)).toContainText("On: every sign-in asks for a code");
});

test("the section is accessible in light and dark, from phone to desktop", async ({ page, person, hosting }) => {
  test.skip(hosting !== "across origins", "the page looks the same in both setups");
  test.slow();
  const choose = async (opened: Page) => {
    await opened.goto("/settings");
    await section(opened).getByRole("button", { name: "Set up" }).click();
  };
  await inspectPage(page, { name: "two-factor-choice", open: choose }, hosting);
  const open = async (opened: Page) => {
    await begin(opened, person);
    await expect(section(opened).getByRole("img")).toBeVisible();
  };
  await inspectPage(page, { name: "two-factor-set-up", open }, hosting);
  const uri =
    (await section(page)
      .getByRole("link", { name: /authenticator app/ })
      .getAttribute("href")) ?? "";
  await section(page)
    .getByLabel("Code", { exact: true })
    .fill(await new Authenticator(uri).code());
  await section(page).getByRole("button", { name: "Turn on" }).click();
  const on = async (opened: Page) => {
    await expect(trusted(opened)).toContainText("No device is trusted.");
    await section(opened).getByRole("button", { name: "New backup codes" }).click();
  };
  await inspectPage(page, { name: "two-factor-on", open: on }, hosting);
});
