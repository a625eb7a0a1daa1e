// Finds where two runs of a scenario differ, field by field.

/** Returns every difference between the responses of Better Auth (`theirs`) and auth-service (`ours`). */
export function compare(theirs, ours) {
  const differences = [];
  for (let index = 0; index < Math.max(theirs.length, ours.length); index += 1) {
    const [one, other] = [theirs[index], ours[index]];
    if (one?.at !== other?.at) {
      // From here on the runs are not comparable.
      differences.push({ at: one?.at ?? other?.at, field: "step", theirs: one?.at, ours: other?.at });
      break;
    }
    const [before, after] = [flat(one.read), flat(other.read)];
    for (const field of new Set([...before.keys(), ...after.keys()])) {
      if (before.get(field) === after.get(field)) continue;
      const request = one.request;
      differences.push({ at: one.at, field, theirs: before.get(field), ours: after.get(field), request });
    }
  }
  return differences;
}

/** Flattens `{ body: { user: { name: "A" } } }` to `body.user.name` -> `"A"`. */
function flat(value, path = "", into = new Map()) {
  const nested = value !== null && typeof value === "object" ? Object.entries(value) : [];
  if (nested.length === 0) return into.set(path, JSON.stringify(value));
  for (const [key, inner] of nested) flat(inner, path ? `${path}.${key}` : key, into);
  return into;
}

/** The deliberate differences, and which of them have been seen. */
export class Deliberate {
  #shows;

  constructor(entries) {
    this.#shows = entries.flatMap(({ id, shows }) => shows.map((show) => ({ id, show, seen: 0 })));
  }

  /** Whether a difference is deliberate. Counts it as seen. */
  accepts(difference, scenario) {
    const found = this.#shows.find(({ show }) => fits(show, difference, scenario));
    if (found) found.seen += 1;
    return found !== undefined;
  }

  /** Whether a difference is deliberate, without counting it as seen. */
  lists(difference, scenario) {
    return this.#shows.some(({ show }) => fits(show, difference, scenario));
  }

  /** The entries that no scenario showed. */
  unseen() {
    return this.#shows.filter(({ seen }) => seen === 0).map(({ id, show }) => ({ id, show }));
  }
}

function fits(show, difference, scenario) {
  const profileFits = show.profile === undefined || show.profile === scenario.profile;
  const text = (name) => matches(show[name], difference[name]);
  return profileFits && matches(show.scenario, scenario.name) && ["at", "field", "theirs", "ours"].every(text);
}

/** `undefined` matches everything, `null` a missing value, a string itself, and a regular expression what it finds. */
function matches(wish, value) {
  if (wish === undefined) return true;
  if (wish === null) return value === undefined;
  return wish instanceof RegExp ? value !== undefined && wish.test(value) : wish === value;
}
