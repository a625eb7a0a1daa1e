/** Thrown when the session that issues tokens has ended. */
export class SessionEndedError extends Error {
  constructor() {
    super("the session has ended");
  }
}

/** Tokens are renewed this many milliseconds before they expire, so that none expires in transit. */
const RENEWAL_MARGIN = 30_000;
/** A short-lived token is renewed when this fraction of its lifetime remains. */
const RENEWAL_FRACTION = 0.2;

/** The generation before the cache is first cleared. */
export const FIRST_GENERATION = 0;

interface CachedToken {
  token: string;
  renewAt: number;
}

/** Returns when to renew a token received at `now`, in milliseconds. A token without `exp` is renewed immediately. */
function renewalTime(token: string, now: number): number {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    if (typeof exp !== "number") {
      return now;
    }
    const expiresAt = exp * 1000;
    return expiresAt - Math.min(RENEWAL_MARGIN, Math.max(0, expiresAt - now) * RENEWAL_FRACTION);
  } catch {
    return now;
  }
}

/**
 * Caches the access token in memory only and renews it before it expires. Concurrent callers share one request.
 */
export class TokenCache {
  #cached: CachedToken | undefined;
  #request: Promise<string> | undefined;
  /**
   * Incremented each time the cache is cleared. A token requested in an earlier generation belongs to another session.
   */
  #generation = FIRST_GENERATION;
  /** The last token that a service rejected. A later response may still carry it. */
  #rejected: string | undefined;

  constructor(
    private readonly fetchToken: () => Promise<string>,
    private readonly now: () => number = Date.now,
  ) {}

  /** The current generation, to pass to `offer`. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Caches a token that came with another response, unless that was requested before a `clear`. Keeps the token that
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

  /** Returns a valid token. */
  async current(): Promise<string> {
    if (this.#cached && this.now() < this.#cached.renewAt) {
      return this.#cached.token;
    }
    return this.#renew();
  }

  /**
   * Returns a replacement for a token that a service rejected. Uses the cached one if it was renewed in the meantime.
   */
  async replaceRejected(rejected: string): Promise<string> {
    this.#rejected = rejected;
    if (this.#cached?.token === rejected) {
      this.#cached = undefined;
    }
    return this.current();
  }

  /** Drops the token after a sign-out or when a different user signs in. */
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
