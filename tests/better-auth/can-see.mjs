// Tests the comparison: with a fault injected into auth-service's responses, it must fail and report where.

import assert from "node:assert/strict";
import { DIFFERENCES } from "./differences.mjs";
import { KINDS } from "./faults.mjs";
import { startProxy } from "./proxy.mjs";
import { allScenarios } from "./scenarios/index.mjs";
import { close, sidesOf } from "./sides.mjs";
import { explain, runSuite } from "./suite.mjs";

const all = await allScenarios();
const pairs = await sidesOf(JSON.parse(process.env.LATCHKEY_SERVICES), process.env.LATCHKEY_MAIL);
let planted = 0;
for (const kind of KINDS) {
  await plant(kind);
  planted += kind.faults.length;
}
await close(pairs);
console.log(`${planted} faults injected, all reported`);

/** Injects each fault of a kind, by a proxy in front of auth-service. */
async function plant({ profile, scenarios: names, faults }) {
  const scenarios = all.filter((scenario) => scenario.profile === profile && names.includes(scenario.name));
  assert.equal(scenarios.length, names.length, `${profile}: a scenario is missing`);
  let fault;
  const proxy = await startProxy(pairs[profile].ours.url, (at, answer) => fault?.at === at && fault.spoil(answer));
  const pair = { ...pairs[profile], ours: { ...pairs[profile].ours, url: proxy.url } };

  // Each run uses its own emails, because the servers keep the accounts.
  let runs = 0;
  const run = (differences = DIFFERENCES) => {
    runs += 1;
    const again = scenarios.map((scenario) => ({ ...scenario, number: `${scenario.number}-${runs}` }));
    return runSuite({ pairs: { [profile]: pair }, scenarios: again, differences });
  };

  const untouched = await run();
  assert.deepEqual(untouched.failures.map(explain), [], "the proxy alone must not change anything");
  for (fault of faults) {
    const report = await run();
    if (fault.misses === undefined) assertSeen(fault, report);
    else assertMissed(fault, report, untouched);
  }
  fault = undefined;

  const stale = { id: "stale", shows: [{ at: "GET /get-session", field: "body.user.name" }] };
  const { unseen } = await run([...DIFFERENCES, stale]);
  assert.ok(unseen.some(({ id }) => id === "stale"), "an entry that no scenario shows must be reported");
  await proxy.close();
}

/** Asserts that the report names the location of the fault. */
function assertSeen(fault, { failures }) {
  const found = failures.flatMap(({ scenario, differences }) => differences.map((difference) => ({ scenario, ...difference })));
  const seen = found.find(({ at, field }) => at === fault.at && field === fault.field);
  assert.ok(seen, `${fault.what}: not reported at ${fault.field}, only at ${JSON.stringify(found.map(({ field }) => field))}`);
  const said = failures.map(explain).join("\n");
  assert.ok(said.includes(seen.scenario.name) && said.includes(fault.field), `${fault.what}: the report does not name the location\n${said}`);
}

/** Asserts that the report names the entry that this scenario no longer shows. */
function assertMissed(fault, { unseen }, untouched) {
  const entries = (list) => list.filter(({ id, show }) => id === fault.misses && show.scenario === fault.of);
  const missed = entries(unseen).length > entries(untouched.unseen).length;
  assert.ok(missed, `${fault.what}: entry not reported as unseen, only ${JSON.stringify(unseen.map(({ id }) => id))}`);
}
