import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { RunFresh } from "@/features/auth/fresh-session";
import { errorMessage } from "@/features/auth/messages";
import { currentSession, useSession, type User } from "@/features/auth/session";
import { isStale } from "@/features/auth/stale-session";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { devices, signOutDevice, type Device } from "./account";

/** A device by what its browser says of itself. */
function nameOf({ userAgent }: Device): string {
  const text = userAgent ?? "";
  const browser = /Firefox|Edg|Chrome|Safari/.exec(text)?.[0]?.replace("Edg", "Edge");
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(text)?.[0];
  return [browser, system].filter(Boolean).join(" on ") || "Unknown device";
}

/** When a session began, as its reader writes dates. */
function began({ createdAt }: Device): string {
  const format = new Intl.DateTimeFormat([...navigator.languages], { dateStyle: "medium", timeStyle: "short" });
  return format.format(new Date(createdAt));
}

interface Props {
  user: User;
  run: RunFresh;
}

/** Where the user is signed in; each device can be signed out. */
export function DevicesSection({ user, run }: Props) {
  const { data: current } = useSession();
  const queries = useQueryClient();
  const [failure, setFailure] = useState("");
  const [showing, setShowing] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const done = useRef(false);
  // A new session, after the password for one, sees its own list: what the old one was told says nothing of it.
  const queryKeyFor = (session: string | undefined) => ["devices", user.id, session];
  const { data, error, isPending } = useQuery({ queryKey: queryKeyFor(current?.session.id), queryFn: devices });

  useEffect(() => {
    // The button that did it is gone: the focus goes to the section, not to the top of the page.
    if (done.current && document.activeElement === document.body) {
      done.current = false;
      heading.current?.focus();
    }
  });

  async function show() {
    setFailure("");
    setShowing(true);
    try {
      // Not by the query itself, which would forget the refusal meanwhile, and take the button away.
      const list = await run(devices);
      // By now the session may be another one than when the button was pressed.
      queries.setQueryData(queryKeyFor(currentSession()?.data?.session.id), list);
      done.current = true;
    } catch (refusal) {
      setFailure(isStale(refusal) ? "" : errorMessage(refusal));
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
      // Taken off at once: a session that is too old may end devices, but not look at the list again.
      queries.setQueryData<Device[]>(queryKey, (all) => all?.filter(({ id }) => id !== device.id));
      await queries.invalidateQueries({ queryKey });
    } catch (refusal) {
      setFailure(
        isStale(refusal)
          ? `${nameOf(device)} is still signed in: to sign it out, enter your password.`
          : errorMessage(refusal),
      );
    }
  }

  return (
    <section aria-labelledby="devices" className="rounded-2xl border border-line bg-card p-5 sm:p-6">
      <h2 ref={heading} id="devices" tabIndex={-1} className="mb-3 text-lg font-bold">
        Signed-in devices
      </h2>
      {isPending && <p role="status">Loading…</p>}
      {failure && <Notice kind="error">{failure}</Notice>}
      {error && (
        <div className="flex flex-wrap items-center gap-3">
          {isStale(error) ? (
            <p className="text-soft">You signed in a while ago.</p>
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
              <p className="font-medium">{nameOf(device)}</p>
              <p className="text-sm text-soft">
                {device.ipAddress} · since {began(device)}
              </p>
            </div>
            {device.id === current?.session.id ? (
              <p className="text-good">This device</p>
            ) : (
              <Button
                onClick={() => void end(device)}
                aria-label={`Sign out ${nameOf(device)}, since ${began(device)}`}
              >
                Sign out
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
