import type { Reporter, TestCase, TestResult } from "@playwright/test/reporter";

const NAMED = 5;

/** Prints the slowest tests at the end, to keep the run short. */
export default class Slowest implements Reporter {
  readonly #took: [milliseconds: number, name: string][] = [];

  onTestEnd(test: TestCase, result: TestResult): void {
    const [, ...names] = test.titlePath();
    this.#took.push([result.duration, names.join(" › ")]);
  }

  onEnd(): void {
    const slowest = this.#took.sort(([a], [b]) => b - a).slice(0, NAMED);
    const lines = slowest.map(([took, name]) => `${(took / 1000).toFixed(1).padStart(6)} s  ${name}`);
    process.stdout.write(`The slowest tests in the browser:\n${lines.join("\n")}\n`);
  }

  printsToStdio(): boolean {
    return false;
  }
}
