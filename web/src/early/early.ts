/** The requests that a page's inline script (`begin.ts`) sends before any other script runs. Each is used once. */
export interface Early {
  config?: Promise<Response>;
  session?: Promise<Response>;
  capabilities?: Promise<Response>;
  /** The first page of the task list, if a user is signed in. */
  tasks?: Promise<EarlyTasks | undefined>;
}

/** A request for tasks, with the token it was sent with. */
export interface EarlyTasks {
  url: string;
  token: string;
  response: Promise<Response>;
}

declare global {
  interface Window {
    /** Set by the inline script of exported pages. */
    latchkeyEarly?: Early;
  }
}

/** Returns an early request. Undefined the second time, and on pages without the inline script. */
export function takeEarly<Name extends keyof Early>(name: Name): Early[Name] | undefined {
  const early = typeof window === "undefined" ? undefined : window.latchkeyEarly;
  const taken = early?.[name];
  delete early?.[name];
  return taken;
}
