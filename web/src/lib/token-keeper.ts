/** The session that tokens come from is over. */
export class SessionGone extends Error {
  constructor() {
    super("the session is gone");
  }
}

/** Renew this long before a token ends, in milliseconds, so that none ends on its way. */
const MARGIN = 30_000;
/** A short-lived token is renewed when this part of its life is left. */
const LAST_PART = 0.2;

/** The era of a page that was not told to forget a token yet. */
export const FIRST_ERA = 0;

interface Held {
  token: string;
  renewAt: number;
}

/** When to renew a token that came at `now`, in milliseconds: at once, if it does not say when it ends. */
function renewalTime(token: string, now: number): number {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    if (typeof exp !== "number") {
      return now;
    }
    const end = exp * 1000;
    return end - Math.min(MARGIN, Math.max(0, end - now) * LAST_PART);
  } catch {
    return now;
  }
}

/**
 * Keeps the access token, in memory alone, and renews it before it ends. However many callers wait, there is one
 * request at a time.
 */
export class TokenKeeper {
  #held: Held | undefined;
  #request: Promise<string> | undefined;
  /** Counts the times it was told to forget: what was asked for before belongs to whoever was signed in then. */
  #era = FIRST_ERA;
  /** The last token that a service refused: another answer may still bring it along. */
  #refused: string | undefined;

  constructor(
    private readonly fetchToken: () => Promise<string>,
    private readonly now: () => number = Date.now,
  ) {}

  /** Names the present to `offer`. */
  get era(): number {
    return this.#era;
  }

  /**
   * Takes a token that came with another answer, unless that was requested before a `forget`. Keeps the token that
   * expires later.
   */
  offer(token: string, era: number): void {
    if (era !== this.#era || token === this.#refused) {
      return;
    }
    const renewAt = renewalTime(token, this.now());
    if (renewAt > (this.#held?.renewAt ?? this.now())) {
      this.#held = { token, renewAt };
    }
  }

  /** A token that is good now. */
  async current(): Promise<string> {
    if (this.#held && this.now() < this.#held.renewAt) {
      return this.#held.token;
    }
    return this.#renew();
  }

  /** A token in place of one that a service refused; the one that somebody else renewed meanwhile, if so. */
  async instead(refused: string): Promise<string> {
    this.#refused = refused;
    if (this.#held?.token === refused) {
      this.#held = undefined;
    }
    return this.current();
  }

  /** Forgets the token: somebody signed out, or somebody else signed in. */
  forget(): void {
    this.#era += 1;
    this.#held = undefined;
    this.#request = undefined;
  }

  #renew(): Promise<string> {
    this.#request ??= this.#fetch(this.#era);
    return this.#request;
  }

  async #fetch(era: number): Promise<string> {
    try {
      const token = await this.fetchToken();
      if (era !== this.#era) {
        return await this.current();
      }
      this.#held = { token, renewAt: renewalTime(token, this.now()) };
      return token;
    } finally {
      if (era === this.#era) {
        this.#request = undefined;
      }
    }
  }
}
