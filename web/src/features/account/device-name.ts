/** Names a device by its user agent. */
export function deviceName(userAgent: string | null | undefined): string {
  const text = userAgent ?? "";
  const browser = /Firefox|Edg|Chrome|Safari/.exec(text)?.[0]?.replace("Edg", "Edge");
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(text)?.[0];
  return [browser, system].filter(Boolean).join(" on ") || "Unknown device";
}
