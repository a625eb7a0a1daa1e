/** What tabs of this page tell each other. */
export type News = "signed-in" | "signed-out" | "tasks-changed";

const CHANNEL = "latchkey";

let channel: BroadcastChannel | undefined;

function open(): BroadcastChannel {
  channel ??= new BroadcastChannel(CHANNEL);
  return channel;
}

/** Tells the other tabs. */
export function tellTabs(news: News): void {
  open().postMessage(news);
}

/** Listens to the other tabs; the answer stops it. */
export function onNews(listen: (news: News) => void): () => void {
  const heard = (event: MessageEvent<News>) => listen(event.data);
  const from = open();
  from.addEventListener("message", heard);
  return () => from.removeEventListener("message", heard);
}
