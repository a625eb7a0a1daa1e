// Shows that the comparison sees what it should: with a mistake planted in auth-service's answers it fails, and says where.

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
console.log(`${planted} faults planted, each seen`);

/** Plants each fault of a kind, in a proxy before ours. */
async function plant({ profile, scenarios: names, faults }) {
  const scenarios = all.filter((scenario) => scenario.profile === profile && names.includes(scenario.name));
  assert.equal(scenarios.length, names.length, `${profile}: a scenario is not there`);
  let fault;
  const proxy = await startProxy(pairs[profile].ours.url, (at, answer) => fault?.at === at && fault.spoil(answer));
  const pair = { ...pairs[profile], ours: { ...pairs[profile].ours, url: proxy.url } };

  // Each run has addresses of its own, for the servers remember.
  let runs = 0;
  const run = (differences = DIFFERENCES) => {
    runs += 1;
    const again = scenarios.map((scenario) => ({ ...scenario, number: `${scenario.number}-${runs}` }));
    return runSuite({ pairs: { [profile]: pair }, scenarios: again, differences });
  };

  const untouched = await run();
  assert.deepEqual(untouched.failures.map(explain), [], "the proxy alone changes nothing");
  for (fault of faults) {
    const report = await run();
    if (fault.misses === undefined) assertSeen(fault, report);
    else assertMissed(fault, report, untouched);
  }
  fault = undefined;

  const stale = { id: "stale", shows: [{ at: "GET /get-session", field: "body.user.name" }] };
  const { unseen } = await run([...DIFFERENCES, stale]);
  assert.ok(unseen.some(({ id }) => id === "stale"), "an entry that nothing shows is told");
  await proxy.close();
}

/** The report says where the fault is. */
function assertSeen(fault, { failures }) {
  const found = failures.flatMap(({ scenario, differences }) => differences.map((difference) => ({ scenario, ...difference })));
  const seen = found.find(({ at, field }) => at === fault.at && field === fault.field);
  assert.ok(seen, `${fault.what}: not seen at ${fault.field}, but ${JSON.stringify(found.map(({ field }) => field))}`);
  const said = failures.map(explain).join("\n");
  assert.ok(said.includes(seen.scenario.name) && said.includes(fault.field), `${fault.what}: the report does not say where\n${said}`);
}

/** The report says which entry of that scenario does not show any more. */
function assertMissed(fault, { unseen }, untouched) {
  const entries = (list) => list.filter(({ id, show }) => id === fault.misses && show.scenario === fault.of);
  const missed = entries(unseen).length > entries(untouched.unseen).length;
  assert.ok(missed, `${fault.what}: not missed, but ${JSON.stringify(unseen.map(({ id }) => id))}`);
}
