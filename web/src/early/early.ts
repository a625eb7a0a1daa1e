/** What the inline script of a page has asked for before any other script runs (`begin.ts`). Each is taken once. */
export interface Early {
  config?: Promise<Response>;
  session?: Promise<Response>;
  capabilities?: Promise<Response>;
  /** The first page of the task list, where somebody is signed in. */
  tasks?: Promise<EarlyTasks | undefined>;
}

/** A request for tasks that was sent with a token. */
export interface EarlyTasks {
  url: string;
  token: string;
  answer: Promise<Response>;
}

declare global {
  interface Window {
    /** Set by the inline script of exported pages. */
    latchkeyEarly?: Early;
  }
}

/** Takes what was asked for early. Nothing the second time, and where there is no inline script. */
export function takeEarly<Name extends keyof Early>(name: Name): Early[Name] | undefined {
  const early = typeof window === "undefined" ? undefined : window.latchkeyEarly;
  const taken = early?.[name];
  delete early?.[name];
  return taken;
}
