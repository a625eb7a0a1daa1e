import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, type ReactNode } from "react";
import type { RunFresh } from "@/features/auth/fresh-session";
import { errorMessage } from "@/features/auth/messages";
import { currentSession, useSession, type User } from "@/features/auth/session";
import { isStale } from "@/features/auth/stale-session";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { deviceName } from "./device-name";

/** A device in a list. */
interface Listed {
  id: string;
  userAgent?: string | null | undefined;
}

interface Props<Device extends Listed> {
  user: User;
  run: RunFresh;
  /** The id of the heading and the first part of the query's key. */
  id: string;
  title: string;
  about?: ReactNode;
  /** Shown if the list is empty. */
  empty?: string;
  load: () => Promise<Device[]>;
  /** Removes a device. */
  end: (device: Device) => Promise<void>;
  /** The label of the button that removes a device, and the full one for screen readers. */
  action: string;
  actionFor: (device: Device) => string;
  /** Explains why a device was not removed if the user did not confirm their identity. */
  unconfirmed: (device: Device) => string;
  /** The second line of a device. */
  detail: (device: Device) => string;
  isCurrent: (device: Device) => boolean;
  /** Whether the current device can be removed too. */
  endsCurrent?: boolean;
}

/** Formats a time in the reader's locale. */
export function timeText(time: Date | string): string {
  const format = new Intl.DateTimeFormat([...navigator.languages], { dateStyle: "medium", timeStyle: "short" });
  return format.format(new Date(time));
}

/** The devices of a user, and the two changes: listing them after the password was entered, and removing one. */
function useDevices<Device extends Listed>({ user, run, id, load, end, unconfirmed }: Props<Device>) {
  const { data: current } = useSession();
  const queries = useQueryClient();
  const [failure, setFailure] = useState("");
  const [showing, setShowing] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const done = useRef(false);
  // The key includes the session: after the user re-enters the password, the old session's error must not be shown.
  const queryKeyFor = (session: string | undefined) => [id, user.id, session];
  const { data, error, isPending } = useQuery({ queryKey: queryKeyFor(current?.session.id), queryFn: load });

  useEffect(() => {
    // The button that had the focus is gone. Moves the focus to the section instead of the top of the page.
    if (done.current && document.activeElement === document.body) {
      done.current = false;
      heading.current?.focus();
    }
  });

  async function show() {
    setFailure("");
    setShowing(true);
    try {
      // Not with the query's refetch, which would clear its error and remove the button while loading.
      const list = await run(load);
      // The session may have been replaced since the button was clicked.
      queries.setQueryData(queryKeyFor(currentSession()?.data?.session.id), list);
      done.current = true;
    } catch (error) {
      setFailure(isStale(error) ? "" : errorMessage(error));
    } finally {
      setShowing(false);
    }
  }

  async function remove(device: Device) {
    setFailure("");
    try {
      await run(() => end(device));
      done.current = true;
      const queryKey = queryKeyFor(currentSession()?.data?.session.id);
      // Removed immediately: a session that is too old can remove devices, but cannot list them again.
      queries.setQueryData<Device[]>(queryKey, (all) => all?.filter((other) => other.id !== device.id));
      await queries.invalidateQueries({ queryKey });
    } catch (error) {
      setFailure(isStale(error) ? unconfirmed(device) : errorMessage(error));
    }
  }

  return { data, error, isPending, failure, showing, show, remove, heading };
}

/** A section that lists devices, each with a button to remove it. */
export function DeviceListSection<Device extends Listed>(props: Props<Device>) {
  const { id, title, about, empty, action, actionFor, detail, isCurrent, endsCurrent = false } = props;
  const { data, error, isPending, failure, showing, show, remove, heading } = useDevices(props);

  return (
    <section aria-labelledby={id} className="rounded-2xl border border-line bg-card p-5 sm:p-6">
      <h2 ref={heading} id={id} tabIndex={-1} className={about ? "mb-1 text-lg font-bold" : "mb-3 text-lg font-bold"}>
        {title}
      </h2>
      {about && <p className="mb-3 text-soft">{about}</p>}
      {/* As high as two devices, so that the arrival of the list does not move the sections below. */}
      <div className="min-h-34">
        {isPending && <p role="status">Loading…</p>}
        {failure && <Notice kind="error">{failure}</Notice>}
        {error && (
          <div className="flex flex-wrap items-center gap-3">
            {isStale(error) ? (
              <p className="text-soft">You signed in a while ago. Confirm your identity to see your devices.</p>
            ) : (
              !failure && <Notice kind="error">{errorMessage(error)}</Notice>
            )}
            <Button busy={showing} onClick={() => void show()}>
              Show devices
            </Button>
          </div>
        )}
        {empty && data?.length === 0 && <p>{empty}</p>}
        <ul className="divide-y divide-line">
          {data?.map((device) => (
            <li key={device.id} className="flex flex-wrap items-center gap-3 py-3">
              <div className="min-w-0 flex-1">
                <p className="font-medium">{deviceName(device.userAgent)}</p>
                <p className="text-sm text-soft">{detail(device)}</p>
              </div>
              {isCurrent(device) && <p className="text-good">This device</p>}
              {(endsCurrent || !isCurrent(device)) && (
                <Button onClick={() => void remove(device)} aria-label={actionFor(device)}>
                  {action}
                </Button>
              )}
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
