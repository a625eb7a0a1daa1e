import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "@playwright/test";
import type { Site } from "./stack/environment";

/** An email may be queued behind others, and the service polls its outbox only every few seconds. */
const TIMEOUT = 15_000;
const POLL_INTERVALS = [50, 100, 200];

/** An email as its recipient sees it. */
export interface Mail {
  /** Its file. The names sort by time. */
  name: string;
  to: string;
  subject: string;
  /** The plain-text part. */
  text: string;
}

/** The headers and the body of an email or of one of its parts (RFC 5322, RFC 2045). */
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

/** Returns the parts of a multipart entity (RFC 2046). */
function partsOf({ header, body }: Entity): Entity[] {
  const boundary = /boundary="?([^";]+)"?/.exec(header("Content-Type"))?.[1];
  if (!boundary) {
    return [];
  }
  const between = `\r\n${body}`.split(`\r\n--${boundary}`).slice(1, -1);
  return between.map((part) => entity(part.replace(/^[ \t]*\r\n/, "")));
}

/** Decodes the text of a part: quoted-printable, base64 or unencoded (RFC 2045, 6). */
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

/** Returns the emails to an email address, oldest first. */
export async function mailsTo(site: Site, address: string): Promise<Mail[]> {
  // The directory does not exist before the first email.
  const names = await readdir(site.mail).catch(() => []);
  const mails = names.filter((name) => name.endsWith(".eml")).sort();
  const all = await Promise.all(mails.map((name) => read(site.mail, name)));
  return all.filter(({ to }) => to === address);
}

/** Waits for an email with this subject. With `after`, for one that came later than another. */
export async function mailTo(site: Site, address: string, subject: string, after?: Mail): Promise<Mail> {
  let found: Mail | undefined;
  await expect
    .poll(
      async () => {
        const mails = (await mailsTo(site, address)).filter(({ name }) => name > (after?.name ?? ""));
        found = mails.find((mail) => mail.subject === subject);
        return found ? found.subject : mails.map((mail) => mail.subject);
      },
      { message: `an email to ${address}`, timeout: TIMEOUT, intervals: POLL_INTERVALS },
    )
    .toBe(subject);
  return found as Mail;
}

/** Returns the link in an email. */
export function linkIn({ subject, text }: Mail): string {
  const link = /https?:\/\/\S+/.exec(text)?.[0];
  if (!link) {
    throw new Error(`No link in “${subject}”:\n${text}`);
  }
  return link;
}
