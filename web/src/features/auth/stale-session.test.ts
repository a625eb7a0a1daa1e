import { describe, expect, it, vi } from "vitest";
import { ServiceError } from "@/lib/service-error";
import { withFreshSession } from "./stale-session";

const stale = new ServiceError(403, "SESSION_NOT_FRESH", "");

describe("withFreshSession", () => {
  it("asks for nothing while the session is fresh", async () => {
    const freshen = vi.fn(async () => true);
    expect(await withFreshSession(async () => "done", freshen)).toBe("done");
    expect(freshen).not.toHaveBeenCalled();
  });

  it("repeats the action once the session is fresh", async () => {
    const action = vi.fn(async () => "done").mockRejectedValueOnce(stale);
    expect(await withFreshSession(action, async () => true)).toBe("done");
    expect(action).toHaveBeenCalledTimes(2);
  });

  it("repeats a deletion without a password, whose answer has another code", async () => {
    const expired = new ServiceError(400, "SESSION_EXPIRED", "");
    const action = vi.fn(async () => "done").mockRejectedValueOnce(expired);
    expect(await withFreshSession(action, async () => true)).toBe("done");
    expect(action).toHaveBeenCalledTimes(2);
  });

  it("fails with the original error if the session stays stale", async () => {
    const action = vi.fn(async () => Promise.reject(stale));
    await expect(withFreshSession(action, async () => false)).rejects.toBe(stale);
    expect(action).toHaveBeenCalledOnce();
  });

  it("asks once, even if the session is stale again immediately", async () => {
    const freshen = vi.fn(async () => true);
    await expect(withFreshSession(async () => Promise.reject(stale), freshen)).rejects.toBe(stale);
    expect(freshen).toHaveBeenCalledOnce();
  });

  it("does not ask after other errors", async () => {
    const freshen = vi.fn(async () => true);
    const unavailable = new ServiceError(503, "", "");
    await expect(withFreshSession(async () => Promise.reject(unavailable), freshen)).rejects.toBe(unavailable);
    expect(freshen).not.toHaveBeenCalled();
  });
});
