/** A toast: a message with a button, in a corner of the page. */
export interface Message {
  /** A toast replaces a visible one with the same id. */
  id: string;
  text: string;
  /** The label of the button. */
  action: string;
  /** Appended to the button's label for screen readers, which announce buttons without the surrounding text. */
  about?: string;
  onAction: () => void;
  /** How long the toast is shown, not counting time with hover or focus. 0 keeps it until it is closed. */
  milliseconds: number;
  onClose?: () => void;
}

/** The component that shows toasts. */
export interface ToastStack {
  show: (message: Message) => void;
  close: (id: string) => void;
}

let stack: ToastStack | undefined;
/** Toasts that were shown before the stack was loaded; it is a separate script. */
let waiting: Message[] = [];

/** Shows a toast. It does not take the focus; F6 moves the focus to the toasts and back. */
export function showToast(message: Message): void {
  if (stack) {
    stack.show(message);
  } else {
    waiting.push(message);
  }
}

/** Shows an error until it is closed. */
export function showFailure(text: string): void {
  const id = `failed: ${text}`;
  showToast({ id, text, action: "Close", onAction: () => closeToast(id), milliseconds: 0 });
}

/** Closes a toast. */
export function closeToast(id: string): void {
  stack?.close(id);
  const closed = waiting.filter((message) => message.id === id);
  waiting = waiting.filter((message) => message.id !== id);
  closed.forEach(({ onClose }) => onClose?.());
}

/** Shows toasts in this stack until the returned function is called. */
export function attach(attached: ToastStack): () => void {
  stack = attached;
  waiting.splice(0).forEach((message) => attached.show(message));
  return () => {
    stack = undefined;
  };
}
