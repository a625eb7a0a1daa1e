import { describe, expect, it, vi } from "vitest";
import { SessionEndedError, TokenCache } from "./token-cache";

const START = 1_000_000_000_000;

function token(name: string, endsIn: number): string {
  const payload = btoa(JSON.stringify({ jti: name, exp: (START + endsIn) / 1000 }));
  return `head.${payload.replaceAll("+", "-").replaceAll("/", "_")}.signature`;
}

function createCache(tokens: string[]) {
  const clock = { now: START };
  const fetchToken = vi.fn(async () => {
    const next = tokens.shift();
    if (next === undefined) {
      throw new SessionEndedError();
    }
    return next;
  });
  return { clock, fetchToken, cache: new TokenCache(fetchToken, () => clock.now) };
}

describe("TokenCache", () => {
  it("sends one request for concurrent callers", async () => {
    const { cache, fetchToken } = createCache([token("a", 900_000), token("b", 900_000)]);
    const tokens = await Promise.all([cache.current(), cache.current(), cache.current()]);
    expect(new Set(tokens).size).toBe(1);
    expect(fetchToken).toHaveBeenCalledTimes(1);
  });

  it("keeps a token until shortly before it expires", async () => {
    const [a, b] = [token("a", 900_000), token("b", 1_800_000)];
    const { cache, clock } = createCache([a, b]);
    expect(await cache.current()).toBe(a);
    clock.now = START + 869_000;
    expect(await cache.current()).toBe(a);
    clock.now = START + 871_000;
    expect(await cache.current()).toBe(b);
  });

  it("uses a token that is valid for seconds for most of its lifetime", async () => {
    const [a, b] = [token("a", 10_000), token("b", 20_000)];
    const { cache, clock } = createCache([a, b]);
    await cache.current();
    clock.now = START + 7_000;
    expect(await cache.current()).toBe(a);
    clock.now = START + 8_500;
    expect(await cache.current()).toBe(b);
  });

  it("replaces a rejected token once for all callers", async () => {
    const [a, b] = [token("a", 900_000), token("b", 900_000)];
    const { cache, fetchToken } = createCache([a, b]);
    await cache.current();
    expect(await Promise.all([cache.replaceRejected(a), cache.replaceRejected(a)])).toEqual([b, b]);
    expect(await cache.replaceRejected(a)).toBe(b);
    expect(fetchToken).toHaveBeenCalledTimes(2);
  });

  it("reports that the session has ended to every caller, and sends a new request later", async () => {
    const { cache, fetchToken } = createCache([]);
    await expect(cache.current()).rejects.toBeInstanceOf(SessionEndedError);
    await expect(cache.current()).rejects.toBeInstanceOf(SessionEndedError);
    expect(fetchToken).toHaveBeenCalledTimes(2);
  });

  it("never returns a token that was requested before the cache was cleared", async () => {
    const answers: ((token: string) => void)[] = [];
    const cache = new TokenCache(
      () => new Promise((resolve) => answers.push(resolve)),
      () => START,
    );
    const waiting = cache.current();
    cache.clear();
    const [before, after] = [token("before", 900_000), token("after", 900_000)];
    answers[0]?.(before);
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1]?.(after);
    expect(await waiting).toBe(after);
    expect(await cache.current()).toBe(after);
  });

  it("caches a token from another response, without a request of its own", async () => {
    const [longer, shorter] = [token("longer", 900_000), token("shorter", 600_000)];
    const { cache, fetchToken } = createCache([]);
    cache.offer(longer, cache.generation);
    cache.offer(shorter, cache.generation);
    cache.offer("no token", cache.generation);
    expect(await cache.current()).toBe(longer);
    expect(fetchToken).not.toHaveBeenCalled();
  });

  it("ignores a token that was requested before the cache was cleared, and a rejected one", async () => {
    const [a, b] = [token("a", 900_000), token("b", 900_000)];
    const { cache } = createCache([b]);
    cache.offer(a, cache.generation);
    expect(await cache.replaceRejected(a)).toBe(b);
    const before = cache.generation;
    cache.clear();
    cache.offer(b, before);
    cache.offer(a, cache.generation);
    await expect(cache.current()).rejects.toBeInstanceOf(SessionEndedError);
  });

  it("renews a token without an expiry each time", async () => {
    const { cache } = createCache(["no token", "head.bm9uZQ.signature"]);
    expect(await cache.current()).toBe("no token");
    expect(await cache.current()).toBe("head.bm9uZQ.signature");
  });
});
