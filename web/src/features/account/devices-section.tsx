import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { RunFresh } from "@/features/auth/fresh-session";
import { errorMessage } from "@/features/auth/messages";
import { currentSession, useSession, type User } from "@/features/auth/session";
import { isStale } from "@/features/auth/stale-session";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { devices, signOutDevice, type Device } from "./account";
import { deviceName } from "./device-name";

/** Formats the start of a session in the reader's locale. */
function signedInSince({ createdAt }: Device): string {
  const format = new Intl.DateTimeFormat([...navigator.languages], { dateStyle: "medium", timeStyle: "short" });
  return format.format(new Date(createdAt));
}

interface Props {
  user: User;
  run: RunFresh;
}

/** Lists the user's signed-in devices, each with a button to sign it out. */
export function DevicesSection({ user, run }: Props) {
  const { data: current } = useSession();
  const queries = useQueryClient();
  const [failure, setFailure] = useState("");
  const [showing, setShowing] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const done = useRef(false);
  // The key includes the session: after the user re-enters the password, the old session's error must not be shown.
  const queryKeyFor = (session: string | undefined) => ["devices", user.id, session];
  const { data, error, isPending } = useQuery({ queryKey: queryKeyFor(current?.session.id), queryFn: devices });

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
      const list = await run(devices);
      // The session may have been replaced since the button was clicked.
      queries.setQueryData(queryKeyFor(currentSession()?.data?.session.id), list);
      done.current = true;
    } catch (error) {
      setFailure(isStale(error) ? "" : errorMessage(error));
    } finally {
      setShowing(false);
    }
  }

  async function end(device: Device) {
    setFailure("");
    try {
      await run(() => signOutDevice(device.token));
      done.current = true;
      const queryKey = queryKeyFor(currentSession()?.data?.session.id);
      // Removed immediately: a session that is too old can sign out devices, but cannot list them again.
      queries.setQueryData<Device[]>(queryKey, (all) => all?.filter(({ id }) => id !== device.id));
      await queries.invalidateQueries({ queryKey });
    } catch (error) {
      setFailure(
        isStale(error)
          ? `${deviceName(device.userAgent)} is still signed in. Confirm your identity to sign it out.`
          : errorMessage(error),
      );
    }
  }

  return (
    <section aria-labelledby="devices" className="rounded-2xl border border-line bg-card p-5 sm:p-6">
      <h2 ref={heading} id="devices" tabIndex={-1} className="mb-3 text-lg font-bold">
        Signed-in devices
      </h2>
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
        <ul className="divide-y divide-line">
          {data?.map((device) => (
            <li key={device.id} className="flex flex-wrap items-center gap-3 py-3">
              <div className="min-w-0 flex-1">
                <p className="font-medium">{deviceName(device.userAgent)}</p>
                <p className="text-sm text-soft">
                  {device.ipAddress} · since {signedInSince(device)}
                </p>
              </div>
              {device.id === current?.session.id ? (
                <p className="text-good">This device</p>
              ) : (
                <Button
                  onClick={() => void end(device)}
                  aria-label={`Sign out ${deviceName(device.userAgent)}, since ${signedInSince(device)}`}
                >
                  Sign out
                </Button>
              )}
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
