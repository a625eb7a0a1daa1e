// Makes responses comparable: replaces ids, tokens and signatures with labels, and times with their distance from now. A
// value gets a label when it is first seen and keeps it, so that an id that should be the same again but is not appears as a
// difference.

import { createHmac } from "node:crypto";
import { KEY_ID } from "./provider-tokens.mjs";
import { SECRET } from "./settings.mjs";

/** Headers that are not compared: those of the connection or of a single response. */
const UNREMARKABLE = new Set(["connection", "content-length", "date", "keep-alive", "transfer-encoding"]);
/** The format of times that the client parses: exactly three fractional digits and Z. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const LIKE_A_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:/;
const JWT = /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/;
/** Values of these names get a label of this kind instead of being compared as text. */
const KINDS = {
  userId: "user", token: "token", kid: "key", jti: "token id", n: "modulus",
  accessToken: "access token", refreshToken: "refresh token", backupCodes: "backup code",
};
/** Cookies whose values are not sessions. */
const COOKIE_KINDS = { device: "device", two_factor: "two-factor challenge", trust_device: "trusted device" };
/** Parameters of authorization URLs that get a label of this kind. */
const OF_REQUESTS = { state: "state", code_challenge: "challenge", code: "code" };
/** What Better Auth's values of these kinds look like. Labels of values that look otherwise say so. */
const SHAPES = {
  "TOTP secret": /^[A-Z2-7]{52}$/,
  "backup code": /^[a-zA-Z0-9]{5}-[a-zA-Z0-9]{5}$/,
  "two-factor challenge": /^2fa-[\w-]{20}$/,
  "trusted device": /^[\w-]{43}!trust-device-[\w-]{32}$/,
};
const TOTP_URI = /^otpauth:\/\//;
const AUTHORIZATION_URL = /^https?:\/\/[^?]+\?(.*&)?state=/;
/** Objects whose ids are not a user's. */
const OF_ROWS = /^(session$|account of )/;
/** Claims of a provider's ID token that are times. */
const TIME_CLAIMS = ["iat", "exp"];

/** The kind of tokens in links. */
export const MAILED = "mailed token";

const MINUTE = 60_000;
/** Tokens contain times in whole seconds. */
const PRECISION = 2_000;

export class Reader {
  #began = Date.now();
  #labels = new Map();
  #counts = new Map();

  /** The label of a value. A new value gets the next label of its kind. */
  label(kind, value) {
    if (!this.#labels.has(value)) {
      const count = (this.#counts.get(kind) ?? 0) + 1;
      this.#counts.set(kind, count);
      const shape = SHAPES[kind]?.test(value) === false ? ` of another shape, ${value.length} characters` : "";
      // Better Auth mails the same token twice if requested twice within a second.
      this.#labels.set(value, kind === MAILED ? `<${kind}>` : `<${kind} ${count}${shape}>`);
    }
    return this.#labels.get(value);
  }

  /** A response in comparable form. */
  answer({ status, headers, text }) {
    const [read, named, cookies] = [{ status }, {}, {}];
    // Read first: the headers contain the same values in signed form.
    read.body = this.#body(header(headers, "content-type"), text);
    for (const [name, value] of headers) {
      if (name === "set-cookie") this.#cookie(cookies, value);
      else if (!UNREMARKABLE.has(name)) named[name] = this.#header(name, value);
    }
    if (Object.keys(named).length > 0) read.header = named;
    if (Object.keys(cookies).length > 0) read.cookie = cookies;
    return read;
  }

  #body(type, text) {
    if (text === "") return "(empty)";
    if (type?.startsWith("application/json")) {
      try {
        return this.read(JSON.parse(text));
      } catch {
        return `(no JSON) ${text}`;
      }
    }
    if (type?.startsWith("text/html")) return { page: pageOf(text) };
    return this.#hide(text);
  }

  #header(name, value) {
    if (name === "set-auth-token") return this.#signed(value, "token");
    // The rest of a window of 10 or 60 seconds that began earlier.
    if (name.endsWith("retry-after")) return `<seconds of ${windowOf(value)}>`;
    // A set: its order is irrelevant.
    if (name === "access-control-expose-headers") return value.split(", ").sort().join(", ");
    return this.#text(value);
  }

  #cookie(into, line) {
    const [pair, ...attributes] = line.split("; ");
    const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
    let key = name;
    for (let again = 2; key in into; again += 1) key = `${name} #${again}`;
    into[key] = { value: this.#signed(decodeURIComponent(value), kindOf(name)), attributes: attributes.join("; ") };
    into["(order)"] = [into["(order)"], name].filter(Boolean).join(", ");
  }

  /** `value.signature`, with the validity of the signature. */
  #signed(text, kind) {
    const dot = text.lastIndexOf(".");
    if (dot < 0) return this.#hide(text);
    const [value, signature] = [text.slice(0, dot), text.slice(dot + 1)];
    const good = createHmac("sha256", SECRET).update(value).digest("base64") === signature;
    // Without a kind, the value contains values that have labels already.
    const known = value === "true" || kind === undefined ? this.#hide(value) : this.label(kind, value);
    return `${known}.${good ? "<good signature>" : `<bad signature ${signature}>`}`;
  }

  /** Any value of a body. */
  read(value, key = "", owner = "") {
    if (value instanceof Date) return `Date ${this.#fromNow(value.getTime())}`;
    if (Array.isArray(value)) return oldestFirst(value).map((item) => this.read(item, key, owner));
    if (typeof value === "string") return this.#string(value, key, owner);
    if (typeof value === "number" && TIME_CLAIMS.includes(key)) return this.#fromNow(value * 1000);
    if (value === null || typeof value !== "object") return value;
    const [read, kind] = [{}, kindOfObject(value) ?? key];
    // Ids first: if a token equals an id, it gets the id's label.
    for (const name of Object.keys(value).sort(idFirst)) read[name] = this.read(value[name], name, kind);
    return read;
  }

  #string(text, key, owner) {
    if (key === "id") return this.label(OF_ROWS.test(owner) ? owner : "user", text);
    // Only one side's tokens contain it, so it must not create a label for a session.
    if (key === "sid") return this.#labels.get(text) ?? "<a session>";
    if (key === "token" && JWT.test(text)) return this.#text(text);
    // The provider's key is the same on both sides, and not one of theirs.
    return key in KINDS && text !== KEY_ID ? this.label(KINDS[key], text) : this.#text(text);
  }

  #text(text) {
    if (this.#labels.has(text)) return this.#labels.get(text);
    if (JWT.test(text)) return this.#jwt(text);
    if (AUTHORIZATION_URL.test(text)) return this.#authorization(text);
    if (TOTP_URI.test(text)) return this.#totp(text);
    if (LIKE_A_TIME.test(text)) {
      const shape = TIME.test(text) ? "time" : `time written ${text.replace(/\d/g, "d")}`;
      return `<${shape}> ${this.#fromNow(Date.parse(text))}`;
    }
    return this.#hide(text);
  }

  /** An authorization URL: its endpoint, its parameters and their order. */
  #authorization(text) {
    const url = new URL(text);
    const names = [...url.searchParams.keys()];
    const value = ([name, value]) => [name, name in OF_REQUESTS ? this.label(OF_REQUESTS[name], value) : value];
    const parameters = Object.fromEntries([...url.searchParams].map(value));
    // Numbered like its state: only one side sends a nonce to some providers.
    if (parameters.nonce) this.#labels.set(parameters.nonce, (parameters.nonce = parameters.state.replace("state", "nonce")));
    return { endpoint: `${url.origin}${url.pathname}`, parameters, "(order)": names.join(", ") };
  }

  /** A TOTP URI as it is encoded, with a label for its secret. */
  #totp(text) {
    const [path, query = ""] = text.split("?", 2);
    const secret = /(?<=(^|&)secret=)[^&]*/;
    return { path, query: query.replace(secret, (value) => this.label("TOTP secret", value)) };
  }

  #jwt(text) {
    const [header, claims] = text.split(".", 2).map((part) => JSON.parse(Buffer.from(part, "base64url")));
    for (const name of TIME_CLAIMS) if (name in claims) claims[name] = this.#fromNow(claims[name] * 1000);
    if ("sub" in claims) claims.sub = this.label("user", claims.sub);
    return { jwt: { header: this.read(header), claims: this.read(claims) } };
  }

  /**
   * A distance from now in whole minutes, which are the same on both sides. If possible, it counts from a time since the
   * scenario began, which may be more than half a minute ago on a busy machine.
   */
  #fromNow(time) {
    const now = Date.now();
    const last = Math.ceil((time - now - PRECISION) / MINUTE);
    const fits = time - last * MINUTE >= this.#began - PRECISION;
    const minutes = fits ? last : Math.round((time - now) / MINUTE);
    return `now ${minutes < 0 ? "-" : "+"} ${Math.abs(minutes)} min`;
  }

  /** The text with every labelled value replaced by its label. */
  #hide(text) {
    let hidden = text;
    for (const [value, label] of this.#labels) if (value.length > 8) hidden = hidden.replaceAll(value, label);
    return hidden;
  }
}

/** The first header with this name. */
export function header(headers, name) {
  return headers.find(([found]) => found === name)?.[1];
}

function windowOf(seconds) {
  if (!/^[1-9]\d*$/.test(seconds)) return seconds;
  return [10, 60].find((window) => Number(seconds) <= window) ?? seconds;
}

/** Sorts by date, because Better Auth lists sessions in no particular order. Items without a date keep their place. */
function oldestFirst(list) {
  const age = (item) => new Date(item?.createdAt ?? 0).getTime();
  return list.toSorted((a, b) => age(a) - age(b));
}

function idFirst(a, b) {
  return (b === "id") - (a === "id");
}

/** Accounts are numbered for each provider, because only one side has a row for a password. */
function kindOfObject(value) {
  if ("providerId" in value) return `account of ${value.providerId}`;
  return "userId" in value ? "session" : undefined;
}

/** The kind of the signed value in a cookie of this name. */
function kindOf(name) {
  if ([".sign_up", ".state", ".magic_link"].some((ending) => name.endsWith(ending))) return undefined;
  return COOKIE_KINDS[name.slice(name.lastIndexOf(".") + 1)] ?? "token";
}

/** The fields of a page's form, or the error code of a page without one. */
function pageOf(page) {
  const form = /<form ([^>]*)>(.*)<\/form>/s.exec(page);
  if (form === null) return { code: errorCode(page), ...described(page) };
  const inputs = [...form[2].matchAll(/<input [^>]*\bname="([^"]*)"/g)].map(([, name]) => name);
  const alert = /role="alert">(?:<[^>]*>)*([^<]*)/.exec(page)?.[1];
  return { form: form[1], asks: inputs.join(", "), ...(alert && { alert }) };
}

/** The text of Better Auth's error page, if an `error_description` replaces the default. */
function described(page) {
  const text = /<p\s+style="\s*color: var\(--muted-foreground\)[^>]*>\s*([^<]*?)\s*</.exec(page)?.[1];
  return text === undefined || text.startsWith("We encountered an unexpected error") ? {} : { description: text };
}

/** The error page's code: Better Auth shows it after `CODE:`, we in a `code` element. */
function errorCode(page) {
  const theirs = /CODE:\s*<\/span>\s*<span[^>]*>([^<]*)</.exec(page);
  const ours = /<code>([^<]*)</.exec(page);
  return (theirs ?? ours)?.[1].trim() ?? "(none on the page)";
}
