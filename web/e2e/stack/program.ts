import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** A start takes a few seconds, or longer on a busy machine. */
const START_TIMEOUT = 90_000;
/** Services finish in-flight requests first. */
const STOP_TIMEOUT = 20_000;
const SHOWN_LINES = 40;

interface Start {
  name: string;
  program: string;
  args: string[];
  env: Record<string, string>;
  /** Matches the output line that reports readiness. */
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

  /** Starts the program and waits until it reports that it is ready. */
  static async start({ name, program, args, env, ready }: Start): Promise<Program> {
    // Some programs run until their standard input closes, so that they never outlive this process.
    const child = spawn(program, args, { env: env as NodeJS.ProcessEnv, stdio: "pipe" });
    const self = new Program(name, child);
    try {
      await self.#ready(ready);
    } catch (error) {
      await self.stop();
      throw error;
    }
    child.on("exit", (status) => {
      if (!self.#stopping) {
        process.stderr.write(`${self.#failure(`exited unexpectedly (${status})`).message}\n`);
      }
    });
    return self;
  }

  /** Sends SIGTERM, and SIGKILL if the program does not exit in time. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined) {
      return;
    }
    const gone = once(this.child, "exit");
    const timer = setTimeout(() => this.child.kill("SIGKILL"), STOP_TIMEOUT);
    this.child.kill("SIGTERM");
    await gone;
    clearTimeout(timer);
  }

  #failure(why: string): Error {
    return new Error(`${this.name} ${why}; last lines of output:\n${this.#lines.join("\n")}`);
  }

  #ready(line: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#failure("was not ready in time")), START_TIMEOUT);
      const fail = (why: string) => {
        clearTimeout(timer);
        reject(this.#failure(why));
      };
      for (const stream of [this.child.stdout, this.child.stderr]) {
        createInterface({ input: stream as Readable }).on("line", (text) => {
          this.#lines.push(text);
          this.#lines.splice(0, this.#lines.length - SHOWN_LINES);
          if (line.test(text)) {
            clearTimeout(timer);
            resolve();
          }
        });
      }
      this.child.on("error", (error) => fail(`failed to start (${error.message})`));
      this.child.on("exit", (status) => fail(`exited (${status})`));
    });
  }
}
