/** The session that tokens come from is over. */
export class SessionEndedError extends Error {
  constructor() {
    super("the session is gone");
  }
}

/** Renew this long before a token ends, in milliseconds, so that none ends on its way. */
const RENEWAL_MARGIN = 30_000;
/** A short-lived token is renewed when this part of its life is left. */
const RENEWAL_FRACTION = 0.2;

/** The generation of a page that was not told to forget a token yet. */
export const FIRST_GENERATION = 0;

interface CachedToken {
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
    return end - Math.min(RENEWAL_MARGIN, Math.max(0, end - now) * RENEWAL_FRACTION);
  } catch {
    return now;
  }
}

/**
 * Keeps the access token, in memory alone, and renews it before it ends. However many callers wait, there is one
 * request at a time.
 */
export class TokenCache {
  #cached: CachedToken | undefined;
  #request: Promise<string> | undefined;
  /** Counts the times it was told to forget: what was asked for before belongs to whoever was signed in then. */
  #generation = FIRST_GENERATION;
  /** The last token that a service refused: another answer may still bring it along. */
  #rejected: string | undefined;

  constructor(
    private readonly fetchToken: () => Promise<string>,
    private readonly now: () => number = Date.now,
  ) {}

  /** Names the present to `offer`. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Takes a token that came with another answer, unless that was requested before a `forget`. Keeps the token that
   * expires later.
   */
  offer(token: string, generation: number): void {
    if (generation !== this.#generation || token === this.#rejected) {
      return;
    }
    const renewAt = renewalTime(token, this.now());
    if (renewAt > (this.#cached?.renewAt ?? this.now())) {
      this.#cached = { token, renewAt };
    }
  }

  /** A token that is good now. */
  async current(): Promise<string> {
    if (this.#cached && this.now() < this.#cached.renewAt) {
      return this.#cached.token;
    }
    return this.#renew();
  }

  /** A token in place of one that a service refused; the one that somebody else renewed meanwhile, if so. */
  async replaceRejected(rejected: string): Promise<string> {
    this.#rejected = rejected;
    if (this.#cached?.token === rejected) {
      this.#cached = undefined;
    }
    return this.current();
  }

  /** Forgets the token: somebody signed out, or somebody else signed in. */
  clear(): void {
    this.#generation += 1;
    this.#cached = undefined;
    this.#request = undefined;
  }

  #renew(): Promise<string> {
    this.#request ??= this.#fetch(this.#generation);
    return this.#request;
  }

  async #fetch(generation: number): Promise<string> {
    try {
      const token = await this.fetchToken();
      if (generation !== this.#generation) {
        return await this.current();
      }
      this.#cached = { token, renewAt: renewalTime(token, this.now()) };
      return token;
    } finally {
      if (generation === this.#generation) {
        this.#request = undefined;
      }
    }
  }
}
