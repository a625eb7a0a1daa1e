const MINUTE = 60;
const UNITS = [
  [24 * 60 * MINUTE, "day"],
  [60 * MINUTE, "hour"],
  [MINUTE, "minute"],
] as const;

/** How long a device is trusted, in words: in the largest unit of which it is one or more, rounded down. */
export function trustedFor(seconds: number): string {
  const [length, unit] = UNITS.find(([length]) => seconds >= length) ?? [seconds, "minute"];
  const count = Math.floor(seconds / length);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
