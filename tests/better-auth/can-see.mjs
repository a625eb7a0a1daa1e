// Shows that the comparison sees what it should: with a mistake planted in auth-service's answers it fails, and says where.

import assert from "node:assert/strict";
import { DIFFERENCES } from "./differences.mjs";
import { FAULTS } from "./faults.mjs";
import { startProxy } from "./proxy.mjs";
import { allScenarios } from "./scenarios/index.mjs";
import { close, sidesOf } from "./sides.mjs";
import { explain, runSuite } from "./suite.mjs";

/** Together they make every request that a fault spoils. */
const NAMES = ["sign-in > a session", "sign-in > a wrong password"];

const scenarios = (await allScenarios()).filter(({ name, profile }) => profile === "plain" && NAMES.includes(name));
assert.equal(scenarios.length, NAMES.length);
const { plain } = JSON.parse(process.env.LATCHKEY_SERVICES);
const pairs = await sidesOf({ plain }, process.env.LATCHKEY_MAIL);
let fault;
const proxy = await startProxy(plain.url, (at, answer) => fault?.at === at && fault.spoil(answer));
const honest = pairs.plain.ours;

/** Runs the scenarios with the proxy before ours. Each run has addresses of its own, for the servers remember. */
let runs = 0;
async function run(differences = DIFFERENCES) {
  runs += 1;
  const again = scenarios.map((scenario) => ({ ...scenario, number: `${scenario.number}-${runs}` }));
  const ours = { ...honest, url: proxy.url };
  return runSuite({ pairs: { plain: { ...pairs.plain, ours } }, scenarios: again, differences });
}

const untouched = await run();
assert.deepEqual(untouched.failures.map(explain), [], "the proxy alone changes nothing");

for (fault of FAULTS) {
  const { failures } = await run();
  const found = failures.flatMap(({ scenario, differences }) => differences.map((difference) => ({ scenario, ...difference })));
  const seen = found.find(({ at, field }) => at === fault.at && field === fault.field);
  assert.ok(seen, `${fault.what}: not seen at ${fault.field}, but ${JSON.stringify(found.map(({ field }) => field))}`);
  const said = failures.map(explain).join("\n");
  assert.ok(said.includes(seen.scenario.name) && said.includes(fault.field), `${fault.what}: the report does not say where\n${said}`);
}
fault = undefined;

const stale = { id: "stale", shows: [{ at: "GET /get-session", field: "body.user.name" }] };
const { unseen } = await run([...DIFFERENCES, stale]);
assert.ok(unseen.some(({ id }) => id === "stale"), "an entry that nothing shows is told");

await proxy.close();
await close(pairs);
console.log(`${FAULTS.length} faults planted, each seen`);
