import type { RunFresh } from "@/features/auth/fresh-session";
import type { User } from "@/features/auth/session";
import { DeviceListSection, timeText } from "../device-list-section";
import { deviceName } from "../device-name";
import { revokeTrustedDevice, trustedDevices, type TrustedDevice } from "./two-factor";

/** When the device was last used, and until when it is trusted. */
function detail({ ipAddress, createdAt, lastUsedAt, expiresAt }: TrustedDevice): string {
  const times = `last used ${timeText(lastUsedAt ?? createdAt)} · trusted until ${timeText(expiresAt)}`;
  return ipAddress ? `${ipAddress} · ${times}` : times;
}

interface Props {
  user: User;
  run: RunFresh;
}

/** Lists the devices that need no second factor, each with a button that ends this. */
export function TrustedDevicesSection({ user, run }: Props) {
  return (
    <DeviceListSection
      user={user}
      run={run}
      id="trusted-devices"
      title="Trusted devices"
      about="Signing in on these devices needs no code."
      empty="No device is trusted. You can trust one when you sign in there."
      load={trustedDevices}
      end={({ id }) => revokeTrustedDevice(id)}
      action="Remove"
      actionFor={({ userAgent, createdAt }) => `Remove ${deviceName(userAgent)}, trusted since ${timeText(createdAt)}`}
      unconfirmed={({ userAgent }) => `${deviceName(userAgent)} is still trusted. Confirm your identity to remove it.`}
      detail={detail}
      isCurrent={({ current }) => current}
      endsCurrent
    />
  );
}
