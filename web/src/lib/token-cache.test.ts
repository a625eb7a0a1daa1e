import { describe, expect, it, vi } from "vitest";
import { SessionEndedError, TokenCache } from "./token-cache";

const START = 1_000_000_000_000;

function token(name: string, endsIn: number): string {
  const payload = btoa(JSON.stringify({ jti: name, exp: (START + endsIn) / 1000 }));
  return `head.${payload.replaceAll("+", "-").replaceAll("/", "_")}.signature`;
}

function cache(tokens: string[]) {
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
  it("asks once however many wait", async () => {
    const { cache: kept, fetchToken } = cache([token("a", 900_000), token("b", 900_000)]);
    const got = await Promise.all([kept.current(), kept.current(), kept.current()]);
    expect(new Set(got).size).toBe(1);
    expect(fetchToken).toHaveBeenCalledTimes(1);
  });

  it("keeps a token until shortly before its end", async () => {
    const [a, b] = [token("a", 900_000), token("b", 1_800_000)];
    const { cache: kept, clock } = cache([a, b]);
    expect(await kept.current()).toBe(a);
    clock.now = START + 869_000;
    expect(await kept.current()).toBe(a);
    clock.now = START + 871_000;
    expect(await kept.current()).toBe(b);
  });

  it("uses most of a token that lives for seconds", async () => {
    const [a, b] = [token("a", 10_000), token("b", 20_000)];
    const { cache: kept, clock } = cache([a, b]);
    await kept.current();
    clock.now = START + 7_000;
    expect(await kept.current()).toBe(a);
    clock.now = START + 8_500;
    expect(await kept.current()).toBe(b);
  });

  it("replaces a refused token once for all who were refused", async () => {
    const [a, b] = [token("a", 900_000), token("b", 900_000)];
    const { cache: kept, fetchToken } = cache([a, b]);
    await kept.current();
    expect(await Promise.all([kept.replaceRejected(a), kept.replaceRejected(a)])).toEqual([b, b]);
    expect(await kept.replaceRejected(a)).toBe(b);
    expect(fetchToken).toHaveBeenCalledTimes(2);
  });

  it("tells everybody that the session is gone, and asks again later", async () => {
    const { cache: kept, fetchToken } = cache([]);
    await expect(kept.current()).rejects.toBeInstanceOf(SessionEndedError);
    await expect(kept.current()).rejects.toBeInstanceOf(SessionEndedError);
    expect(fetchToken).toHaveBeenCalledTimes(2);
  });

  it("never gives out a token that was asked for before it was told to forget", async () => {
    const answers: ((token: string) => void)[] = [];
    const kept = new TokenCache(
      () => new Promise((resolve) => answers.push(resolve)),
      () => START,
    );
    const waiting = kept.current();
    kept.clear();
    const [before, after] = [token("before", 900_000), token("after", 900_000)];
    answers[0]?.(before);
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1]?.(after);
    expect(await waiting).toBe(after);
    expect(await kept.current()).toBe(after);
  });

  it("takes a token that another answer brought, and needs no request for it", async () => {
    const [longer, shorter] = [token("longer", 900_000), token("shorter", 600_000)];
    const { cache: kept, fetchToken } = cache([]);
    kept.offer(longer, kept.generation);
    kept.offer(shorter, kept.generation);
    kept.offer("no token", kept.generation);
    expect(await kept.current()).toBe(longer);
    expect(fetchToken).not.toHaveBeenCalled();
  });

  it("does not take one that was asked for before it was told to forget, nor one that was refused", async () => {
    const [a, b] = [token("a", 900_000), token("b", 900_000)];
    const { cache: kept } = cache([b]);
    kept.offer(a, kept.generation);
    expect(await kept.replaceRejected(a)).toBe(b);
    const before = kept.generation;
    kept.clear();
    kept.offer(b, before);
    kept.offer(a, kept.generation);
    await expect(kept.current()).rejects.toBeInstanceOf(SessionEndedError);
  });

  it("renews each time what does not say when it ends", async () => {
    const { cache: kept } = cache(["no token", "head.bm9uZQ.signature"]);
    expect(await kept.current()).toBe("no token");
    expect(await kept.current()).toBe("head.bm9uZQ.signature");
  });
});
