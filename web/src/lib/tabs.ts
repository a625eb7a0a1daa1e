/** What tabs of this page tell each other. */
export type TabMessage = "signed-in" | "signed-out" | "tasks-changed";

const CHANNEL = "latchkey";

let channel: BroadcastChannel | undefined;

function open(): BroadcastChannel {
  channel ??= new BroadcastChannel(CHANNEL);
  return channel;
}

/** Tells the other tabs. */
export function notifyTabs(news: TabMessage): void {
  open().postMessage(news);
}

/** Listens to the other tabs; the answer stops it. */
export function onTabMessage(listen: (news: TabMessage) => void): () => void {
  const heard = (event: MessageEvent<TabMessage>) => listen(event.data);
  const from = open();
  from.addEventListener("message", heard);
  return () => from.removeEventListener("message", heard);
}
