import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
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
  readonly #lines: string[] = [];
  #stopping = false;

  private constructor(
    private readonly name: string,
    private readonly child: ChildProcess,
  ) {}

  /** Starts it and waits until it says that it is ready. */
  static async start({ name, program, args, env, ready }: Start): Promise<Program> {
    const child = spawn(program, args, { env: env as NodeJS.ProcessEnv, stdio: ["ignore", "pipe", "pipe"] });
    const self = new Program(name, child);
    try {
      await self.#ready(ready);
    } catch (error) {
      await self.stop();
      throw error;
    }
    child.on("exit", (status) => {
      if (!self.#stopping) {
        process.stderr.write(`${self.#failure(`ended by itself (${status})`).message}\n`);
      }
    });
    return self;
  }

  /** Asks it to end, and makes it end if it does not. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined) {
      return;
    }
    const gone = once(this.child, "exit");
    const patience = setTimeout(() => this.child.kill("SIGKILL"), STOP_PATIENCE);
    this.child.kill("SIGTERM");
    await gone;
    clearTimeout(patience);
  }

  #failure(why: string): Error {
    return new Error(`${this.name} ${why}; its last lines:\n${this.#lines.join("\n")}`);
  }

  #ready(line: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => reject(this.#failure("is not ready in time")), START_PATIENCE);
      const fail = (why: string) => {
        clearTimeout(patience);
        reject(this.#failure(why));
      };
      for (const stream of [this.child.stdout, this.child.stderr]) {
        createInterface({ input: stream as Readable }).on("line", (text) => {
          this.#lines.push(text);
          this.#lines.splice(0, this.#lines.length - SHOWN_LINES);
          if (line.test(text)) {
            clearTimeout(patience);
            resolve();
          }
        });
      }
      this.child.on("error", (error) => fail(`does not start (${error.message})`));
      this.child.on("exit", (status) => fail(`ended (${status})`));
    });
  }
}
