import { beforeEach, describe, expect, it } from "vitest";
import { ServiceError } from "@/lib/service-error";
import { SessionGone } from "@/lib/token-keeper";
import { draftsOf, leaveDrafts, type Drafts } from "./drafts";

const milk = { title: "Milk" };
const bread = { title: "Bread" };
const never = new Promise<never>(() => {});

describe("Drafts", () => {
  let drafts: Drafts;
  beforeEach(() => {
    leaveDrafts(true);
    drafts = draftsOf("ann");
  });

  it("outlive a session, for the same user", () => {
    drafts.type(milk);
    drafts.edit("a");
    drafts.typeInto("a", { title: "Tea" });
    leaveDrafts(false);
    const back = draftsOf("ann");
    expect(back.next()).toBe(milk);
    expect(back.editing()).toBe("a");
    expect(back.changesOf("a")).toEqual({ title: "Tea" });
  });

  it.each([
    ["a sign-out", () => leaveDrafts(true)],
    ["somebody else", () => void draftsOf("bob")],
  ])("do not outlive %s", (_, end) => {
    drafts.type(milk);
    drafts.edit("a");
    end();
    expect(draftsOf("ann").next()).toBeUndefined();
    expect(draftsOf("ann").editing()).toBeNull();
  });

  it("take nothing more from whom they were forgotten for", async () => {
    leaveDrafts(true);
    await drafts.adding(milk, Promise.reject(new SessionGone())).catch(() => {});
    expect(draftsOf("ann").next()).toBeUndefined();
  });

  it("give lost tasks back one by one, after what is being typed", async () => {
    await expect(drafts.adding(milk, Promise.reject(new SessionGone()))).rejects.toThrow(SessionGone);
    await drafts.adding(bread, Promise.reject(new SessionGone())).catch(() => {});
    drafts.type({ title: "Tea" });
    expect(drafts.next()).toEqual({ title: "Tea" });
    drafts.type(undefined);
    expect(drafts.next()).toBe(milk);
    expect(drafts.next()).toBe(milk);
    drafts.type(undefined);
    expect(drafts.next()).toBe(bread);
  });

  it("keep what was refused, and nothing that arrived or that is about nothing any more", async () => {
    await drafts.adding(milk, Promise.resolve());
    await drafts.changing("a", { title: "Tea" }, Promise.reject(new ServiceError(404, "", ""))).catch(() => {});
    leaveDrafts(false);
    expect(drafts.next()).toBeUndefined();
    expect(drafts.editing()).toBeNull();
    await drafts.adding(bread, Promise.reject(new ServiceError(503, "", ""))).catch(() => {});
    await drafts.changing("a", { title: "Tea" }, Promise.reject(new ServiceError(0, "", ""))).catch(() => {});
    expect(drafts.next()).toBe(bread);
    expect(drafts.editing()).toBe("a");
  });

  it("keep what still waits when the session ends, once", async () => {
    let fail = (_: Error) => {};
    const failing = drafts.adding(milk, new Promise<never>((_, reject) => (fail = reject)));
    void drafts.adding(bread, never);
    void drafts.changing("a", { title: "Tea" }, never);
    leaveDrafts(false);
    fail(new SessionGone());
    await failing.catch(() => {});
    expect(drafts.next()).toBe(milk);
    drafts.type(undefined);
    expect(drafts.next()).toBe(bread);
    drafts.type(undefined);
    expect(drafts.next()).toBeUndefined();
    expect(drafts.editing()).toBe("a");
    expect(drafts.changesOf("a")).toEqual({ title: "Tea" });
  });

  it("open one lost edit after another, and give up what is cancelled", async () => {
    void drafts.changing("a", { title: "Tea" }, never);
    void drafts.changing("b", { title: "Jam" }, never);
    leaveDrafts(false);
    expect(drafts.editing()).toBe("a");
    expect(drafts.edit(null)).toBe("b");
    expect(drafts.edit(null)).toBeNull();
    expect(drafts.changesOf("a")).toBeUndefined();
    expect(drafts.changesOf("b")).toBeUndefined();
  });
});
