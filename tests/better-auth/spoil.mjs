// Ways to alter a response, for the faults that the comparison must report.

/** Repeats the first value of a field in every later response. */
export function remembered(field) {
  let first;
  return (answer) => {
    const body = JSON.parse(answer.text);
    first ??= body[field];
    answer.text = JSON.stringify({ ...body, [field]: first });
  };
}

/** Replaces responses with this status. */
export function instead(status, other, body) {
  return (answer) => {
    if (answer.status === status) Object.assign(answer, { status: other, text: body });
  };
}

/** Makes the response a redirect. */
export function redirect(answer, location) {
  const kept = answer.headers.filter(([name]) => !/^(content-|referrer-policy|cache-control)/.test(name));
  Object.assign(answer, { status: 302, text: "", headers: [...kept, ["location", location]] });
}

/** Alters bodies that are objects with a user, and no others. */
export function json(change) {
  return (answer) => {
    const body = JSON.parse(answer.text);
    if (!body?.user) return;
    change(body);
    answer.text = JSON.stringify(body);
  };
}

/** Replaces a text in the body. */
export function text(from, to) {
  return (answer) => (answer.text = answer.text.replace(from, to));
}

/** Alters the values of a header. */
export function header(name, change) {
  return (answer) => (answer.headers = answer.headers.map(([found, value]) => [found, found === name ? change(value) : value]));
}

/** Removes a header. */
export function drop(name) {
  return (answer) => (answer.headers = answer.headers.filter(([found]) => found !== name));
}
