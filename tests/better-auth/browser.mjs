// The clients of a scenario: a command line without cookies, and browsers that keep cookies and send their page's origin.

import { Databases } from "./databases.mjs";
import { send } from "./http.mjs";
import { newest, newestCode } from "./mail.mjs";
import { MAILED, Reader, header } from "./reader.mjs";
import { PAGE } from "./settings.mjs";

export const PASSWORD = "correct horse 1";
/** The headers that browsers send with a navigation. */
const NAVIGATION = {
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
  accept: "text/html,application/xhtml+xml,*/*;q=0.8",
};

/**
 * One run of a scenario against one server. Records every request and its response.
 * A side is { url, settings, rows, mail }.
 */
export class Visit {
  constructor(side, number) {
    this.side = side;
    this.number = number;
    this.reader = new Reader();
    this.steps = [];
    this.isSpread = false;
  }

  /** From now on sends each request from another IP address, so that limits of an address are not reached. */
  spread() {
    this.isSpread = true;
    return this;
  }

  /** An email that only this scenario uses, the same on both sides. */
  email(name) {
    return `${name}.${this.number}@example.com`;
  }

  get(path, options) {
    return this.send("GET", path, options);
  }

  post(path, body, options) {
    return this.send("POST", path, { body, ...options });
  }

  /** Sends `body` as JSON, or `text` unchanged with the content type `type`. `headers` is an object or a list of pairs. */
  async send(method, path, { body, text, type, headers = {} } = {}) {
    const lines = Array.isArray(headers) ? [...headers] : Object.entries(headers);
    const content = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const media = type ?? (text === undefined ? "application/json" : undefined);
    if (content !== undefined && media) lines.push(["content-type", media]);
    if (this.isSpread) lines.push(["x-forwarded-for", `198.18.${this.number % 250}.${this.steps.length}`]);
    const answer = await send(this.side.url, method, `/api/auth${path}`, lines, content);
    this.note(`${method} ${pattern(path)}`, this.reader.answer(answer), { method, path, headers: lines, content });
    const json = header(answer.headers, "content-type")?.startsWith("application/json");
    return { ...answer, json: json ? parsed(answer.text) : undefined };
  }

  /** Records a step that is compared. */
  note(at, read, request) {
    this.steps.push({ at, read, request });
  }

  browser(origin = PAGE) {
    return new Browser(this, origin);
  }

  /** A browser whose user has just signed up. */
  async user(name = "ada", more = {}) {
    const browser = this.browser();
    browser.email = this.email(name);
    browser.password = more.password ?? PASSWORD;
    const fields = { name: "Ada Lovelace", email: browser.email, password: browser.password, ...more };
    const { json } = await browser.post("/sign-up/email", fields);
    browser.token = json?.token;
    browser.id = json?.user?.id;
    return browser;
  }

  /** Another browser, signed in as the same user. */
  async elsewhere(user, more = {}) {
    const browser = this.browser();
    Object.assign(browser, { email: user.email, password: user.password, id: user.id });
    const fields = { email: user.email, password: user.password, ...more };
    browser.token = (await browser.post("/sign-in/email", fields)).json?.token;
    return browser;
  }

  /**
   * Waits until `counts` messages to an email have arrived, records the link of the last one, and returns its path and
   * token. `counts` is `{ theirs, ours }` if one side sends more messages than the other.
   */
  async mail(to, counts = 1) {
    const count = counts[this.side.isOracle ? "theirs" : "ours"] ?? counts;
    const link = new URL(await newest(this.side, to, count));
    const inPath = /\/reset-password\/([^/?]+)/.exec(link.pathname)?.[1];
    const token = inPath ?? link.searchParams.get("token");
    this.reader.label(MAILED, token);
    const path = `${link.pathname}${link.search}`;
    this.note("mail", { to, link: this.reader.read(`${link.origin}${path}`) });
    return { token, path: path.replace(/^\/api\/auth/, "") };
  }

  /** Waits until `count` messages with a code to an email have arrived, and returns the code of the last one. */
  async code(to, count = 1) {
    const code = await newestCode(this.side, to, count);
    this.note("mail", { to, digits: code.length });
    return code;
  }

  /** Changes in the database that would otherwise need time to pass. */
  get rows() {
    return new Databases(this.side);
  }
}

class Browser {
  #visit;
  #origin;
  #jar = new Map();

  constructor(visit, origin) {
    this.#visit = visit;
    this.#origin = origin;
  }

  /** The Cookie header. */
  get cookie() {
    return [...this.#jar].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  set cookie(text) {
    this.#jar = new Map(text.split("; ").map((pair) => pair.split(/=(.*)/s, 2)));
  }

  /** The value of a signed cookie without its prefix and its signature. */
  value(name) {
    const found = [...this.#jar].find(([key]) => key.endsWith(`.${name}`))?.[1];
    if (found === undefined) throw new Error(`no cookie ${name}`);
    const signed = decodeURIComponent(found);
    return signed.slice(0, signed.lastIndexOf("."));
  }

  get(path, options) {
    return this.send("GET", path, options);
  }

  post(path, body = {}, options = {}) {
    return this.send("POST", path, { body, ...options });
  }

  /** Follows a link in a mail: a cross-site navigation by a person. */
  open(path) {
    return this.send("GET", path, { headers: { ...NAVIGATION, "sec-fetch-site": "cross-site", origin: undefined } });
  }

  /** Submits the form of a page that the service served. */
  submit(path, fields) {
    const text = new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== undefined)).toString();
    const origin = new URL(this.#visit.side.settings.BASE_URL).origin;
    const headers = { ...NAVIGATION, "sec-fetch-site": "same-origin", origin };
    return this.send("POST", path, { text, type: "application/x-www-form-urlencoded", headers });
  }

  async send(method, path, { headers = {}, ...options } = {}) {
    const own = { origin: this.#origin, ...(this.#jar.size > 0 && { cookie: this.cookie }), ...headers };
    const lines = Object.entries(own).filter(([, value]) => value !== undefined);
    const answer = await this.#visit.send(method, path, { ...options, headers: lines });
    this.keep(answer.headers.filter(([name]) => name === "set-cookie").map(([, value]) => value));
    return answer;
  }

  /** Stores the cookies of Set-Cookie headers. */
  keep(lines) {
    for (const line of lines) {
      const [, name, value] = /^([^=]*)=([^;]*)/.exec(line);
      if (/; max-age=0\b/i.test(line)) this.#jar.delete(name);
      else this.#jar.set(name, value);
    }
  }
}

/** The name of a path in the list of differences: without its query and without a token. */
function pattern(path) {
  return path.split("?")[0].replace(/^\/reset-password\/.+/, "/reset-password/:token");
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
