// Who talks to a server in a scenario: somebody with a command line, or browsers that keep cookies and name their page.

import { Databases } from "./databases.mjs";
import { send } from "./http.mjs";
import { newest } from "./mail.mjs";
import { MAILED, Reader, header } from "./reader.mjs";
import { PAGE } from "./settings.mjs";

export const PASSWORD = "correct horse 1";

/**
 * One run of a scenario against one server. Everything that is asked is written down, with its answer.
 * A side is { url, settings, rows, mail }.
 */
export class Visit {
  constructor(side, number) {
    this.side = side;
    this.number = number;
    this.reader = new Reader();
    this.steps = [];
  }

  /** An address of this scenario's own, the same on both sides. */
  email(name) {
    return `${name}.${this.number}@example.com`;
  }

  get(path, options) {
    return this.send("GET", path, options);
  }

  post(path, body, options) {
    return this.send("POST", path, { body, ...options });
  }

  /** `body` is sent as JSON, `text` as it is with `type`; `headers` is an object or a list of pairs. */
  async send(method, path, { body, text, type, headers = {} } = {}) {
    const lines = Array.isArray(headers) ? [...headers] : Object.entries(headers);
    const content = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const media = type ?? (text === undefined ? "application/json" : undefined);
    if (content !== undefined && media) lines.push(["content-type", media]);
    const answer = await send(this.side.url, method, `/api/auth${path}`, lines, content);
    this.note(`${method} ${pattern(path)}`, this.reader.answer(answer), { method, path, headers: lines, content });
    const json = header(answer.headers, "content-type")?.startsWith("application/json");
    return { ...answer, json: json ? parsed(answer.text) : undefined };
  }

  /** Writes down what is to be compared. */
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

  /** Another browser of the same user. */
  async elsewhere(user, more = {}) {
    const browser = this.browser();
    Object.assign(browser, { email: user.email, password: user.password, id: user.id });
    const fields = { email: user.email, password: user.password, ...more };
    browser.token = (await browser.post("/sign-in/email", fields)).json?.token;
    return browser;
  }

  /** The newest message to an address: writes down where its link goes, and answers the path and the token. */
  async mail(to, count = 1) {
    const link = new URL(await newest(this.side, to, count));
    const inPath = /\/reset-password\/([^/?]+)/.exec(link.pathname)?.[1];
    const token = inPath ?? link.searchParams.get("token");
    this.reader.label(MAILED, token);
    const path = `${link.pathname}${link.search}`;
    this.note("mail", { to, link: this.reader.read(`${link.origin}${path}`) });
    return { token, path: path.replace(/^\/api\/auth/, "") };
  }

  /** What only time would do. */
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

  get(path, options) {
    return this.send("GET", path, options);
  }

  post(path, body = {}, options = {}) {
    return this.send("POST", path, { body, ...options });
  }

  async send(method, path, { headers = {}, ...options } = {}) {
    const own = { origin: this.#origin, ...(this.#jar.size > 0 && { cookie: this.cookie }), ...headers };
    const lines = Object.entries(own).filter(([, value]) => value !== undefined);
    const answer = await this.#visit.send(method, path, { ...options, headers: lines });
    this.keep(answer.headers.filter(([name]) => name === "set-cookie").map(([, value]) => value));
    return answer;
  }

  /** Does what a browser does with Set-Cookie. */
  keep(lines) {
    for (const line of lines) {
      const [, name, value] = /^([^=]*)=([^;]*)/.exec(line);
      if (/; max-age=0\b/i.test(line)) this.#jar.delete(name);
      else this.#jar.set(name, value);
    }
  }
}

/** What a path is called in the list of differences: without its query, and without a token in it. */
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
