// The mail of both sides: Better Auth calls its sender, auth-service writes a file for each message.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const PATIENCE = 15_000;
const BETWEEN_LOOKS = 20;
/** A code is alone on its line. */
const CODE = /^[ \t]*(\d{6})[ \t]*\r?$/m;

/** Waits until `count` messages to an email have arrived, and returns the link of the last one. */
export async function newest(side, to, count) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const links = (await side.mail()).filter((message) => message.to === to && message.link).map(({ link }) => link);
    if (links.length >= count) return links[count - 1];
    if (Date.now() > deadline) throw new Error(`${to} got ${links.length} messages with a link instead of ${count}`);
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS));
  }
}

/** Waits until `count` messages with a code to an email have arrived, and returns the code of the last one. */
export async function newestCode(side, to, count) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const codes = (await side.mail()).filter((message) => message.to === to && message.code).map(({ code }) => code);
    if (codes.length >= count) return codes[count - 1];
    if (Date.now() > deadline) throw new Error(`${to} got ${codes.length} messages with a code instead of ${count}`);
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS));
  }
}

/** The messages in a directory, oldest first. */
export async function messagesIn(directory) {
  // Their dates are in seconds, and their names begin with the milliseconds.
  const names = (await readdir(directory)).filter((name) => name.endsWith(".eml")).sort();
  const messages = await Promise.all(names.map(async (name) => message(await readFile(join(directory, name), "utf8"))));
  return messages.sort((a, b) => a.date - b.date);
}

/** The recipient of a message (RFC 5322, as the service writes it), and the code or else the first link of its text, if any. */
export function message(source) {
  const { headers, body } = part(source);
  const text = textOf(headers, body);
  const code = CODE.exec(text)?.[1];
  return {
    to: /<?([^<\s]+@[^>\s]+?)>?$/.exec(headers.get("to"))?.[1],
    date: Date.parse(headers.get("date")),
    code,
    link: code === undefined ? /https?:\/\/[^\s<>"]+/.exec(text)?.[0] : undefined,
  };
}

function part(source) {
  const [, head, body] = /^(.*?)\r?\n\r?\n(.*)$/s.exec(source) ?? [null, source, ""];
  const lines = head.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/);
  const headers = new Map(lines.map((line) => line.split(/:\s*(.*)/s, 2)).map(([name, value]) => [name.toLowerCase(), value]));
  return { headers, body };
}

function textOf(headers, body) {
  const type = headers.get("content-type") ?? "text/plain";
  const boundary = /boundary="?([^";]+)"?/.exec(type)?.[1];
  if (boundary !== undefined) {
    const parts = body.split(`--${boundary}`).slice(1, -1).map((text) => part(text.replace(/^\r?\n/, "")));
    const plain = parts.find((one) => !one.headers.get("content-type")?.startsWith("text/html")) ?? parts[0];
    return textOf(plain.headers, plain.body);
  }
  switch (headers.get("content-transfer-encoding")?.toLowerCase()) {
    case "base64":
      return Buffer.from(body, "base64").toString("utf8");
    case "quoted-printable":
      return quotedPrintable(body);
    default:
      return body;
  }
}

function quotedPrintable(text) {
  const bytes = text.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}
