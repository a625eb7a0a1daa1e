import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "@playwright/test";
import type { Site } from "./stack/places";

/** A mail waits for its turn behind others'; the service looks every few seconds for what it was not told of. */
const PATIENCE = 15_000;
const LOOK_AGAIN = [50, 100, 200];

/** A mail as a person sees it. */
export interface Mail {
  /** Its file. The names sort by time. */
  name: string;
  to: string;
  subject: string;
  /** What stands in it for those who read plain text. */
  text: string;
}

/** The head and the body of a mail, or of one of its parts (RFC 5322, RFC 2045). */
interface Entity {
  header: (name: string) => string;
  body: string;
}

function entity(source: string): Entity {
  const end = source.indexOf("\r\n\r\n");
  const lines = source
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, " ")
    .split("\r\n");
  return {
    header: (name) => {
      const line = lines.find((one) => one.toLowerCase().startsWith(`${name.toLowerCase()}:`));
      return line?.slice(name.length + 1).trim() ?? "";
    },
    body: source.slice(end + 4),
  };
}

/** The parts of a multipart entity (RFC 2046). */
function partsOf({ header, body }: Entity): Entity[] {
  const boundary = /boundary="?([^";]+)"?/.exec(header("Content-Type"))?.[1];
  if (!boundary) {
    return [];
  }
  const between = `\r\n${body}`.split(`\r\n--${boundary}`).slice(1, -1);
  return between.map((part) => entity(part.replace(/^[ \t]*\r\n/, "")));
}

/** The text of a part: quoted-printable, base64, or as it stands (RFC 2045, 6). */
function decoded({ header, body }: Entity): string {
  const encoding = header("Content-Transfer-Encoding").toLowerCase();
  if (encoding === "base64") {
    return Buffer.from(body, "base64").toString();
  }
  if (encoding !== "quoted-printable") {
    return body;
  }
  const octets = body
    .replace(/[ \t]*=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(octets, "latin1").toString();
}

async function read(directory: string, name: string): Promise<Mail> {
  const mail = entity(await readFile(path.join(directory, name), "latin1"));
  const plain = partsOf(mail).find(({ header }) => header("Content-Type").startsWith("text/plain"));
  return { name, to: mail.header("To"), subject: mail.header("Subject"), text: plain ? decoded(plain) : "" };
}

/** What has come for an address, the oldest first. */
export async function mailsTo(site: Site, address: string): Promise<Mail[]> {
  // There is no directory before the first mail.
  const names = await readdir(site.mail).catch(() => []);
  const mails = names.filter((name) => name.endsWith(".eml")).sort();
  const all = await Promise.all(mails.map((name) => read(site.mail, name)));
  return all.filter(({ to }) => to === address);
}

/** Waits for a mail to an address, about something; one that came after another, where there are several. */
export async function mailTo(site: Site, address: string, subject: string, after?: Mail): Promise<Mail> {
  let found: Mail | undefined;
  await expect
    .poll(
      async () => {
        const mails = (await mailsTo(site, address)).filter(({ name }) => name > (after?.name ?? ""));
        found = mails.find((mail) => mail.subject === subject);
        return found ? found.subject : mails.map((mail) => mail.subject);
      },
      { message: `a mail to ${address}`, timeout: PATIENCE, intervals: LOOK_AGAIN },
    )
    .toBe(subject);
  return found as Mail;
}

/** The link that a mail asks to follow. */
export function linkIn({ subject, text }: Mail): string {
  const link = /https?:\/\/\S+/.exec(text)?.[0];
  if (!link) {
    throw new Error(`No link in “${subject}”:\n${text}`);
  }
  return link;
}
