import type { CDPSession, Page } from "@playwright/test";

/**
 * Lighthouse's "slow 4G" network (1.6 Mbit/s down, 750 kbit/s up, 150 ms round trip) and mid-tier phone. The browser
 * adds its latency once to each request and to no handshake, so Lighthouse has it wait 3.75 round trips, and takes a
 * tenth off the throughput: these are the values that it gives the browser.
 */
const SLOW_PHONE = {
  /** Bytes per second. */
  downloadThroughput: (1_600 * 1024 * 0.9) / 8,
  /** Bytes per second. */
  uploadThroughput: (750 * 1024 * 0.9) / 8,
  /** Milliseconds. */
  latency: 150 * 3.75,
  /** How many times slower than this machine the phone computes. */
  slowdown: 4,
};

/** Slows a page's processor down to that of a phone. The session ends with the page. */
export async function slowDown(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOW_PHONE.slowdown });
  return session;
}

/** Slows a page's network and processor down to those of a phone. */
export async function throttle(page: Page): Promise<CDPSession> {
  const session = await slowDown(page);
  const { downloadThroughput, uploadThroughput, latency } = SLOW_PHONE;
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    downloadThroughput,
    uploadThroughput,
    latency,
  });
  return session;
}
