import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * The end of the ports that systems do not assign to outgoing connections: Linux uses ports from 32768, others from
 * 49152. A port in those ranges could be taken by a connection before the program that it is for starts.
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

const reserved = new Set<number>();

/** Returns a free port, a different one each time. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS_END - 1 - randomInt(PORTS);
    if (!reserved.has(port)) {
      reserved.add(port);
      if (await isFree(port)) {
        return port;
      }
    }
  }
}
