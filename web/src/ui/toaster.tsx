"use client";

import { Toast } from "@base-ui/react/toast";
import { useEffect } from "react";
import { attach, type Message } from "./toasts";

/** Maximum number of visible toasts. Older ones appear as these close. */
const MAX_VISIBLE = 3;

/** The label of a toast's button. */
type Labels = Pick<Message, "action" | "about">;

const manager = Toast.createToastManager<Labels>();

function show({ id, text, action, about, onAction, milliseconds, onClose }: Message): void {
  manager.add({
    id,
    title: text,
    timeout: milliseconds,
    data: { action, ...(about ? { about } : {}) },
    actionProps: { onClick: onAction },
    ...(onClose ? { onClose } : {}),
  });
}

function Messages() {
  const { toasts } = Toast.useToastManager<Labels>();
  useEffect(() => attach({ show, close: manager.close }), []);
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} swipeDirection={["down", "right"]} className="toast">
      <Toast.Content className="flex items-center gap-3">
        <Toast.Title className="line-clamp-3 min-w-0 flex-1 wrap-anywhere" dir="auto" />
        <Toast.Action className="min-h-10 shrink-0 rounded-lg px-3 font-semibold underline outline-offset-[-4px] focus-visible:outline-current">
          {toast.data?.action}
          {toast.data?.about && <span className="sr-only">{toast.data.about}</span>}
        </Toast.Action>
      </Toast.Content>
    </Toast.Root>
  ));
}

/** Renders toasts as a stack with the newest in front. Hover or focus expands the stack. */
export default function Toaster() {
  return (
    <Toast.Provider toastManager={manager} limit={MAX_VISIBLE}>
      <Toast.Portal>
        <Toast.Viewport className="toast-viewport">
          <Messages />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}
