// Runs scenarios against Better Auth and against auth-service, and reports where the responses differ.

import { Visit } from "./browser.mjs";
import { Deliberate, compare } from "./compare.mjs";

/** How many scenarios of a profile run at the same time. They are independent of each other. */
const AT_ONCE = 6;
/** How long to wait for mail after all scenarios have run. */
const MAIL_PATIENCE = 5_000;

/**
 * `pairs` maps each profile to its two sides: `{ theirs, ours }`. Returns counts, every difference that is not in
 * `differences`, and the entries of `differences` that no scenario showed.
 */
export async function runSuite({ pairs, scenarios, differences }) {
  const deliberate = new Deliberate(differences);
  const report = { scenarios: 0, steps: 0, accepted: 0, failures: [] };
  const judge = (scenario, theirs, ours) => {
    const found = compare(theirs, ours);
    const unexpected = found.filter((difference) => !deliberate.accepts(difference, scenario));
    report.accepted += found.length - unexpected.length;
    report.steps += theirs.length;
    if (unexpected.length > 0) report.failures.push({ scenario, differences: unexpected });
  };
  const runProfile = async ([profile, pair]) => {
    const own = scenarios.filter((scenario) => scenario.profile === profile);
    report.scenarios += own.length;
    await withLimit(own, async (scenario) => {
      judge(scenario, ...(await Promise.all([visit(pair.theirs, scenario), visit(pair.ours, scenario)])));
    });
    const mail = { name: "every mail is sent to somebody in both", profile };
    const settled = (theirs, ours) => compare(theirs, ours).every((difference) => deliberate.lists(difference, mail));
    if (pair.theirs.settings.MAIL_URL) judge(mail, ...(await mailOf(pair, settled)));
  };
  await Promise.all(Object.entries(pairs).map(runProfile));
  return { ...report, unseen: deliberate.unseen() };
}

/** One run on one side. If a scenario fails, its last step has the reason, which is compared too. */
async function visit(side, { run, number }) {
  const visit = new Visit(side, number);
  try {
    await run(visit);
  } catch (error) {
    const lines = error.stack.split("\n").filter((line) => line.includes("/scenarios/"));
    visit.note("the scenario stopped", { why: error.message, where: lines.join("; ").trim() });
  }
  return visit.steps;
}

/** The number of messages to each email, with links, with codes and with neither. Waits for mail that is still missing. */
async function mailOf({ theirs, ours }, settled) {
  const deadline = Date.now() + MAIL_PATIENCE;
  for (;;) {
    const counts = [await counted(theirs), await counted(ours)].map((read) => [{ at: "mail", read }]);
    if (settled(...counts) || Date.now() > deadline) return counts;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function counted(side) {
  const counts = {};
  for (const { to, link, code } of await side.mail()) {
    const kind = `${code ? "codes" : link ? "links" : "notices"} to ${to}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).sort());
}

async function withLimit(items, work) {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Formats a failure: the request, and the response of each side. */
export function explain({ scenario, differences }) {
  const lines = [`DIFFERENT  ${scenario.name}  [${scenario.profile}]`];
  for (const step of steps(differences)) {
    const { at, request } = step[0];
    lines.push(`  ${request ? asked(request) : at}`);
    // With a different status everything differs, so only the reason is shown.
    const refused = step.some(({ field }) => field === "status");
    const shown = refused ? step.filter(({ field }) => /^(status|body(\.message|\.code)?)$/.test(field)) : step;
    for (const { field, theirs, ours } of shown) {
      lines.push(`    ${field}`, `      Better Auth   ${said(theirs)}`, `      auth-service  ${said(ours)}`);
    }
    if (shown.length < step.length) lines.push(`    and ${step.length - shown.length} more fields`);
  }
  return lines.join("\n");
}

/** Groups differences by step. */
function steps(differences) {
  const groups = new Map();
  for (const difference of differences) {
    const key = difference.request ?? difference;
    groups.set(key, [...(groups.get(key) ?? []), difference]);
  }
  return [...groups.values()];
}

function said(value) {
  return value === undefined ? "(none)" : short(value);
}

function asked({ method, path, headers, content }) {
  const shown = headers.map(([name, value]) => ` -H '${name}: ${short(value)}'`).join("");
  return `${method} ${short(path)}${shown}${content === undefined ? "" : ` -d '${short(content)}'`}`;
}

function short(text) {
  return text.length > 200 ? `${text.slice(0, 200)}... (${text.length} characters)` : text;
}
