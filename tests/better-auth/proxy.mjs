// A proxy that forwards everything and can alter a response.

import http from "node:http";
import { send } from "./http.mjs";

/** `spoil(at, answer)` may alter a response. `at` is its request, e.g. "GET /token". */
export async function startProxy(target, spoil) {
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = chunks.length > 0 ? Buffer.concat(chunks) : undefined;
    const headers = Object.entries(request.headers).filter(([name]) => !["host", "connection", "content-length"].includes(name));
    const answer = await send(target, request.method, request.url, headers, body);
    spoil(`${request.method} ${request.url.replace("/api/auth", "").split("?")[0]}`, answer);
    const kept = answer.headers.filter(([name]) => !["content-length", "transfer-encoding", "connection"].includes(name));
    response.writeHead(answer.status, kept.flat());
    response.end(answer.text);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
