import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** A start takes a few seconds; with the machine busy, more. */
const START_PATIENCE = 90_000;
/** Every service finishes what it has begun. */
const STOP_PATIENCE = 20_000;
const SHOWN_LINES = 40;

interface Start {
  name: string;
  program: string;
  args: string[];
  env: Record<string, string>;
  /** The line that says that it can be used. */
  ready: RegExp;
}

/** A program that runs until it is stopped. */
export class Program {
  private constructor(private readonly child: ChildProcess) {}

  /** Starts it and waits until it says that it is ready. */
  static async start({ name, program, args, env, ready }: Start): Promise<Program> {
    const child: ChildProcess = spawn(program, args, {
      env: env as NodeJS.ProcessEnv,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const lines: string[] = [];
    const started = new Promise<void>((resolve, reject) => {
      const fail = (why: string) =>
        reject(new Error(`${name} ${why}; its last lines:\n${lines.slice(-SHOWN_LINES).join("\n")}`));
      const patience = setTimeout(() => fail("is not ready in time"), START_PATIENCE);
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream as Readable }).on("line", (line) => {
          lines.push(line);
          if (ready.test(line)) {
            clearTimeout(patience);
            resolve();
          }
        });
      }
      child.on("error", (error) => fail(`does not start (${error.message})`));
      child.on("exit", (status) => fail(`ended (${status})`));
    });
    const self = new Program(child);
    try {
      await started;
    } catch (error) {
      await self.stop();
      throw error;
    }
    return self;
  }

  /** Asks it to end, and makes it end if it does not. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined) {
      return;
    }
    const gone = once(this.child, "exit");
    const patience = setTimeout(() => this.child.kill("SIGKILL"), STOP_PATIENCE);
    this.child.kill("SIGTERM");
    await gone;
    clearTimeout(patience);
  }
}

/** Ports that nobody listens on, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
