// Sends requests unchanged: adds only Host, Content-Length and Connection, and follows no redirects.

import http from "node:http";

const PATIENCE = 20_000;

/** `headers` is a list of [name, value]; names may repeat. `path` is sent unchanged. */
export function send(base, method, path, headers, body) {
  const { hostname, port, host } = new URL(base);
  const lines = [["host", host], ["connection", "close"], ...headers];
  if (body !== undefined) lines.push(["content-length", String(Buffer.byteLength(body))]);
  return new Promise((resolve, reject) => {
    const options = { hostname, port, method, path, headers: lines.flat(), agent: false };
    const request = http.request(options, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        resolve({
          status: response.statusCode,
          headers: pairs(response.rawHeaders),
          text: Buffer.concat(chunks).toString("utf8"),
        });
      });
    });
    request.setTimeout(PATIENCE, () => request.destroy(new Error(`${method} ${path}: no response`)));
    request.on("error", reject);
    request.end(body);
  });
}

function pairs(raw) {
  const list = [];
  for (let at = 0; at < raw.length; at += 2) list.push([raw[at].toLowerCase(), raw[at + 1]]);
  return list;
}
