import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { complaintOf, confirmationMistakes, plainMessage } from "@/features/auth/messages";
import { signIn, useSession, type User } from "@/features/auth/session";
import { ServiceError } from "@/lib/service-error";
import { Button } from "@/ui/button";
import { Notice } from "@/ui/notice";
import { TextField } from "@/ui/text-field";
import { devices, endDevice, type Device } from "./account";
import { SettingsForm } from "./settings-form";

const CONFIRM = ["currentPassword"] as const;

/** A device by what its browser says of itself. */
function nameOf({ userAgent }: Device): string {
  const text = userAgent ?? "";
  const browser = /Firefox|Edg|Chrome|Safari/.exec(text)?.[0]?.replace("Edg", "Edge");
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(text)?.[0];
  return [browser, system].filter(Boolean).join(" on ") || "Unknown device";
}

const DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** Where the user is signed in; each device can be signed out. */
export function DevicesSection({ user }: { user: User }) {
  const { data: current } = useSession();
  const queries = useQueryClient();
  const [failure, setFailure] = useState("");
  // A change of the password begins a new session: the list of the old one says nothing of it.
  const key = ["devices", user.id, current?.session.id];
  const { data, error, isPending } = useQuery({ queryKey: key, queryFn: devices });

  async function end(device: Device) {
    setFailure("");
    try {
      await endDevice(device.token);
      await queries.invalidateQueries({ queryKey: key });
    } catch (refusal) {
      setFailure(plainMessage(refusal));
    }
  }

  if (error instanceof ServiceError && error.code === "SESSION_NOT_FRESH") {
    return (
      <SettingsForm
        title="Signed-in devices"
        about="You signed in a while ago. Enter your password to see your devices."
        action="Show devices"
        fields={CONFIRM}
        mistakes={confirmationMistakes}
        submit={async ({ currentPassword }) => {
          await signIn({ email: user.email, password: currentPassword });
          await queries.invalidateQueries({ queryKey: key });
          return "";
        }}
      >
        {(errorOf) => (
          <TextField
            label="Password"
            name="currentPassword"
            type="password"
            autoComplete="current-password"
            error={errorOf("currentPassword")}
          />
        )}
      </SettingsForm>
    );
  }
  return (
    <section aria-labelledby="devices" className="rounded-2xl border border-line bg-card p-5 sm:p-6">
      <h2 id="devices" className="mb-3 text-lg font-bold">
        Signed-in devices
      </h2>
      {isPending && <p role="status">Loading…</p>}
      {(error ?? failure) && <Notice kind="error">{failure || complaintOf(error).text}</Notice>}
      <ul className="divide-y divide-line">
        {data?.map((device) => (
          <li key={device.id} className="flex flex-wrap items-center gap-3 py-3">
            <div className="min-w-0 flex-1">
              <p className="font-medium">{nameOf(device)}</p>
              <p className="text-sm text-soft">
                {device.ipAddress} · since {DATE.format(new Date(device.createdAt))}
              </p>
            </div>
            {device.id === current?.session.id ? (
              <p className="text-good">This device</p>
            ) : (
              <Button
                onClick={() => void end(device)}
                aria-label={`Sign out ${nameOf(device)}, since ${DATE.format(new Date(device.createdAt))}`}
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
