/** A message with a button, in a corner of the page. */
export interface Message {
  /** A message with the id of one that is shown replaces it. */
  id: string;
  text: string;
  /** What the button is called. */
  action: string;
  /** Follows the name of the button for screen readers, which read buttons without what is beside them. */
  about?: string;
  onAction: () => void;
  /** How long it is shown, not counting the time under the pointer or the focus; 0 until it is closed. */
  milliseconds: number;
  onClose?: () => void;
}

/** What shows messages. */
export interface Stack {
  show: (message: Message) => void;
  close: (id: string) => void;
}

let stack: Stack | undefined;
/** Messages from before there was a stack: it comes in a script of its own. */
let waiting: Message[] = [];

/** Shows a message. It does not take the focus: F6 goes there and back. */
export function showToast(message: Message): void {
  if (stack) {
    stack.show(message);
  } else {
    waiting.push(message);
  }
}

/** Shows a failure until somebody closes it. */
export function showFailure(text: string): void {
  const id = `failed: ${text}`;
  showToast({ id, text, action: "Close", onAction: () => closeToast(id), milliseconds: 0 });
}

/** Closes a message. */
export function closeToast(id: string): void {
  stack?.close(id);
  const closed = waiting.filter((message) => message.id === id);
  waiting = waiting.filter((message) => message.id !== id);
  closed.forEach(({ onClose }) => onClose?.());
}

/** Shows messages in this stack, until the returned function is called. */
export function attach(shown: Stack): () => void {
  stack = shown;
  waiting.splice(0).forEach((message) => shown.show(message));
  return () => {
    stack = undefined;
  };
}
