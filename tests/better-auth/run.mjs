// Compares auth-service with Better Auth. See README.md.

import { parseArgs } from "node:util";
import { DIFFERENCES } from "./differences.mjs";
import { startProvider } from "./provider.mjs";
import { allScenarios } from "./scenarios/index.mjs";
import { PROFILE_NAMES, settingsOf } from "./settings.mjs";
import { close, sidesOf, twoOracles } from "./sides.mjs";
import { explain, runSuite } from "./suite.mjs";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    profile: { type: "string" },
    list: { type: "boolean" },
    "against-itself": { type: "boolean" },
    settings: { type: "string" },
  },
});
const started = Date.now();
const { only = process.env.LATCHKEY_ONLY ?? "", profile } = values;
const itself = values["against-itself"];
// A service under test has the URL of its provider in its settings, so that only this comparison can start one.
const provider = itself && process.env.LATCHKEY_PROVIDER === undefined ? await startProvider() : undefined;
if (provider) process.env.LATCHKEY_PROVIDER = provider.url;
const whole = only === "" && profile === undefined;
const wanted = new RegExp(only, "i");
const scenarios = (await allScenarios()).filter(
  (scenario) => wanted.test(scenario.name) && (profile === undefined || scenario.profile === profile),
);
if (values.list) {
  for (const scenario of scenarios) console.log(`${scenario.profile.padEnd(16)} ${scenario.name}`);
  process.exit();
}
if (scenarios.length === 0) fail(`no scenario matches ${only || profile}`);
const profiles = PROFILE_NAMES.filter((name) => scenarios.some((scenario) => scenario.profile === name));
if (values.settings !== undefined) {
  const all = profiles.map((name) => [name, settingsOf(name, values.settings)]);
  console.log(JSON.stringify(Object.fromEntries(all)));
  process.exit();
}
const pairs = itself ? await twoOracles(profiles, setting("LATCHKEY_DATABASE")) : await sidesOf(services(), setting("LATCHKEY_MAIL"));
const report = await runSuite({ pairs, scenarios, differences: itself ? [] : DIFFERENCES });
await close(pairs);
await provider?.close();

for (const failure of report.failures) console.log(`${explain(failure)}\n`);
const unseen = whole && !itself ? report.unseen : [];
for (const { id, show } of unseen) console.log(`NOT SEEN  ${id} lists a difference that no scenario shows: `, show);
console.log(
  `${report.scenarios} scenarios in ${profiles.length} profiles, ${report.steps} answers compared: ` +
    `${report.failures.length} scenarios differ, ${report.accepted} differences are deliberate, ` +
    `${unseen.length} deliberate ones do not show. ${((Date.now() - started) / 1000).toFixed(1)} s`,
);
process.exitCode = report.failures.length + unseen.length > 0 ? 1 : 0;

function services() {
  const all = JSON.parse(setting("LATCHKEY_SERVICES"));
  return Object.fromEntries(profiles.map((name) => [name, all[name] ?? fail(`no service has the profile ${name}`)]));
}

function setting(name) {
  return process.env[name] ?? fail(`${name} is not set: see README.md`);
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
