/** The middle one of some measurements; undefined if one of them is missing. */
export function median(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length < values.length ? undefined : known.sort((a, b) => a - b)[Math.floor(known.length / 2)];
}

/** Milliseconds as seconds, for a cell. */
export function seconds(milliseconds: number | undefined): string {
  return milliseconds === undefined ? "" : `${(milliseconds / 1000).toFixed(2)} s`;
}

/** Prints rows below their heading as a Markdown table whose columns line up. */
export function printTable(heading: readonly string[], rows: readonly (readonly string[])[]): void {
  const lines = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const text = (line: readonly string[]) =>
    `| ${widths.map((width, column) => (line[column] ?? "")[column ? "padStart" : "padEnd"](width)).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => `${"-".repeat(width + 1)}${column ? ":" : "-"}`).join("|")}|`;
  const [first = "", ...others] = lines.map(text);
  process.stdout.write(`\n${[first, rule, ...others].join("\n")}\n\n`);
}
