// Runs scenarios against Better Auth and against auth-service, and says where the answers differ.

import { Visit } from "./browser.mjs";
import { Deliberate, compare } from "./compare.mjs";

/** How many scenarios of a profile run at once: they have nothing to do with each other. */
const AT_ONCE = 6;
/** How long mail may take that is counted when all is done. */
const MAIL_PATIENCE = 5_000;

/**
 * `pairs` holds for each profile the two sides: `{ theirs, ours }`. Answers what was run, every difference that is not in
 * `differences`, and which of those did not show.
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

/** One run on one side. A scenario that cannot go on says why in its last step, which is compared too. */
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

/** How many messages each address got, with links and without; waits a while for what is not listed to come. */
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
  for (const { to, link } of await side.mail()) {
    const kind = `${link ? "links" : "notices"} to ${to}`;
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

/** A failure for a person: what was asked, and what each side said. */
export function explain({ scenario, differences }) {
  const lines = [`DIFFERENT  ${scenario.name}  [${scenario.profile}]`];
  for (const step of steps(differences)) {
    const { at, request } = step[0];
    lines.push(`  ${request ? asked(request) : at}`);
    // With another status all is different; what matters is why.
    const refused = step.some(({ field }) => field === "status");
    const shown = refused ? step.filter(({ field }) => /^(status|body(\.message|\.code)?)$/.test(field)) : step;
    for (const { field, theirs, ours } of shown) {
      lines.push(`    ${field}`, `      Better Auth   ${said(theirs)}`, `      auth-service  ${said(ours)}`);
    }
    if (shown.length < step.length) lines.push(`    and ${step.length - shown.length} fields more`);
  }
  return lines.join("\n");
}

/** The differences of one step after the other. */
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
