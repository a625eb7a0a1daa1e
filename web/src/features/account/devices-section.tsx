import type { RunFresh } from "@/features/auth/fresh-session";
import { useSession, type User } from "@/features/auth/session";
import { devices, signOutDevice } from "./account";
import { DeviceListSection, timeText } from "./device-list-section";
import { deviceName } from "./device-name";

interface Props {
  user: User;
  run: RunFresh;
}

/** Lists the user's signed-in devices, each with a button to sign it out. */
export function DevicesSection({ user, run }: Props) {
  const { data: current } = useSession();
  return (
    <DeviceListSection
      user={user}
      run={run}
      id="devices"
      title="Signed-in devices"
      load={devices}
      end={({ token }) => signOutDevice(token)}
      action="Sign out"
      actionFor={({ userAgent, createdAt }) => `Sign out ${deviceName(userAgent)}, since ${timeText(createdAt)}`}
      unconfirmed={({ userAgent }) =>
        `${deviceName(userAgent)} is still signed in. Confirm your identity to sign it out.`
      }
      detail={({ ipAddress, createdAt }) => `${ipAddress} · since ${timeText(createdAt)}`}
      isCurrent={({ id }) => id === current?.session.id}
    />
  );
}
