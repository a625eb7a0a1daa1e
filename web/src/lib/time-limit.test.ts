import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isTimeout } from "./service-error";
import { RESPONSE_TIMEOUT, withTimeout } from "./time-limit";

/** A response whose body starts and never ends. */
function stalled(): Response {
  return new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([1])) }));
}

describe("withTimeout", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("returns a response with its status, headers and body", async () => {
    const send = () => Promise.resolve(new Response("refused", { status: 403, headers: { "x-reason": "because" } }));
    const response = await withTimeout(send);
    const received = [response.status, response.headers.get("x-reason"), await response.text()];
    expect(received).toEqual([403, "because", "refused"]);
    expect((await withTimeout(() => Promise.resolve(new Response(null, { status: 204 })))).status).toBe(204);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ["a response that never starts", () => new Promise<Response>(() => {})],
    ["a body that never ends", () => Promise.resolve(stalled())],
  ])("times out on %s", async (_, send) => {
    const failure = withTimeout(send).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(RESPONSE_TIMEOUT - 1);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(isTimeout(await failure)).toBe(true);
  });

  it("uses the response to an early request, and sends the request again if that fails", async () => {
    const send = vi.fn(() => Promise.resolve(new Response("sent")));
    const text = async (early: Promise<Response>) => (await withTimeout(send, { early })).text();
    expect(await text(Promise.resolve(new Response("early")))).toBe("early");
    expect(send).not.toHaveBeenCalled();
    expect(await text(Promise.reject(new Error("no network")))).toBe("sent");
  });

  it("aborts the request when its caller does, with the caller's reason", async () => {
    const caller = new AbortController();
    let signal: AbortSignal | undefined;
    const failure = withTimeout(
      (given) => {
        signal = given;
        return new Promise(() => {});
      },
      { caller: caller.signal },
    ).catch((error: unknown) => error);
    caller.abort(new Error("no longer needed"));
    expect(await failure).toEqual(new Error("no longer needed"));
    expect(signal?.aborted).toBe(true);
    await expect(withTimeout(() => new Promise(() => {}), { caller: caller.signal })).rejects.toThrow(
      "no longer needed",
    );
    expect(vi.getTimerCount()).toBe(0);
  });
});
