import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Ports end here that no system gives to outgoing connections; Linux does from 32768 on, others from 49152 on. One of
 * those can be taken by anybody's connection between our look and the start of whom it is for.
 */
const PORTS_END = 32_768;
const PORTS = 16_384;

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}

const given = new Set<number>();

/** A port that nobody listens on, each time another. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS_END - 1 - randomInt(PORTS);
    if (!given.has(port)) {
      given.add(port);
      if (await isFree(port)) {
        return port;
      }
    }
  }
}
