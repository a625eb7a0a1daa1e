/** A message between the tabs of this page. */
export type TabMessage = "signed-in" | "signed-out" | "tasks-changed";

const CHANNEL = "latchkey";

let channel: BroadcastChannel | undefined;

function open(): BroadcastChannel {
  channel ??= new BroadcastChannel(CHANNEL);
  return channel;
}

/** Sends a message to the other tabs. */
export function notifyTabs(message: TabMessage): void {
  open().postMessage(message);
}

/** Listens to the other tabs. Returns a function that unsubscribes. */
export function onTabMessage(listener: (message: TabMessage) => void): () => void {
  const handle = (event: MessageEvent<TabMessage>) => listener(event.data);
  const source = open();
  source.addEventListener("message", handle);
  return () => source.removeEventListener("message", handle);
}
