// Scenarios that send every kind of body to endpoints.

const VALUES = [null, 7, 1.5, true, false, "", "text", [], ["x"], {}, { x: 1 }];
const NO_JSON = ["{", "{]", "x", "{'a': 1}", "{\"a\": 1,}", "{} {}", "\ufeff{}", " ", "nul", "01", "NaN", "{\"a\": \u0001}"];
const MEDIA_TYPES = [
  undefined, "text/plain", "application/x-www-form-urlencoded", "text/plain;charset=UTF-8", "application/json; charset=utf-8",
  "APPLICATION/JSON", "application/json;charset=latin1", "application/vnd.api+json", "multipart/form-data; boundary=x",
  "text/json", "json", "application/xml", "application/json, text/plain",
];

/**
 * For each endpoint, its fields with values of every type. `endpoints` maps paths to functions that return a valid body.
 * Nobody is signed in, because validation precedes authentication.
 */
export function everyValue(endpoints) {
  const scenarios = {};
  for (const [path, valid] of Object.entries(endpoints)) {
    for (const field of Object.keys(valid({ email: String }))) {
      scenarios[`${path}: ${field} of every type`] = async (at) => {
        const { [field]: _, ...without } = valid(at);
        await at.post(path, without);
        for (const value of VALUES) await at.post(path, { ...without, [field]: value });
      };
    }
    scenarios[`${path}: everything wrong at once`] = async (at) => {
      const fields = Object.keys(valid(at));
      await at.post(path, Object.fromEntries(fields.map((field) => [field, 7])));
      await at.post(path, Object.fromEntries(fields.toReversed().map((field) => [field, null])));
    };
  }
  return scenarios;
}

/** For each path, bodies that are not valid. Those in `thoroughly` get all of them, to show that the others behave alike. */
export function everyBody(paths, thoroughly = new Set()) {
  const scenarios = {};
  for (const path of paths) {
    const some = (list, few) => (thoroughly.has(path) ? list : list.slice(0, few));
    scenarios[`${path}: a body that is no object`] = async (at) => {
      for (const body of [null, 7, "text", true, [], [{}], {}]) await at.post(path, body);
    };
    scenarios[`${path}: no body`] = async (at) => {
      await at.send("POST", path);
      for (const type of ["text/plain", "application/json"]) await at.send("POST", path, { headers: { "content-type": type } });
    };
    scenarios[`${path}: a body that is no JSON`] = async (at) => {
      for (const text of some(NO_JSON, 2)) await at.send("POST", path, { text, type: "application/json" });
    };
    scenarios[`${path}: media types`] = async (at) => {
      for (const type of some(MEDIA_TYPES, 3)) await at.send("POST", path, { text: "{}", type });
    };
  }
  return scenarios;
}
