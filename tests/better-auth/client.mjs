// The official client, running in a browser of a scenario.

import { createAuthClient } from "better-auth/client";
import { emailOTPClient, jwtClient, magicLinkClient, usernameClient } from "better-auth/client/plugins";
import { PAGE } from "./settings.mjs";

/**
 * A client that records the results and callbacks of its calls: `call("signIn.email", {...})`. Node's fetch sends the
 * Sec-Fetch headers of a browser, but needs the page's origin. `plugins` are those of the client besides `jwtClient`.
 */
export function clientOf(at, plugins = []) {
  const browser = at.browser();
  const through = async (url, init) => {
    const headers = new Headers(init.headers);
    headers.set("origin", PAGE);
    if (browser.cookie) headers.set("cookie", browser.cookie);
    const response = await fetch(url, { ...init, headers });
    browser.keep(response.headers.getSetCookie());
    return response;
  };
  const client = createAuthClient({
    baseURL: at.side.url,
    plugins: [jwtClient(), usernameClient(), magicLinkClient(), emailOTPClient(), ...plugins],
    fetchOptions: { customFetchImpl: through },
  });
  const call = async (name, parameters = {}) => {
    const events = [];
    const callback = (event) => (context) => void events.push({ event, status: context.response?.status });
    const watched = Object.fromEntries(
      ["onRequest", "onResponse", "onSuccess", "onError"].map((event) => [event, callback(event)]),
    );
    const method = name.split(".").reduce((found, key) => found[key], client);
    const result = await method({ ...parameters, fetchOptions: { ...parameters.fetchOptions, ...watched } });
    at.note(`client.${name}`, { ...at.reader.read(result), events });
    return result.data;
  };
  return { browser, client, call };
}
