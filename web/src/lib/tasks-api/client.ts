import createClient from "openapi-fetch";
import { takeEarly, type EarlyTasks } from "@/early/early";
import { serviceUrls } from "../service-urls";
import { tokenCache } from "../auth-client";
import { errorFromResponse, unreachable } from "../service-error";
import { withTimeout } from "../time-limit";
import type { components, paths } from "./schema";

export type Task = components["schemas"]["Task"];
export type NewTask = components["schemas"]["NewTask"];
export type TaskChanges = components["schemas"]["TaskChanges"];
export type TaskList = components["schemas"]["TaskList"];
export type Priority = components["schemas"]["Priority"];

/** The same request with the same token, if it was sent before the page's scripts ran. */
async function sentEarly({ method, url }: Request, token: string): Promise<EarlyTasks | undefined> {
  // One that still waits for its token belongs to a session that the page has asked for anew.
  const early = await Promise.race([takeEarly("tasks"), undefined]).catch(() => undefined);
  return method === "GET" && early?.url === url && early.token === token ? early : undefined;
}

async function send(request: Request, token: string): Promise<Response> {
  // A copy, so that the request can be sent again with another token.
  const copy = request.clone();
  copy.headers.set("Authorization", `Bearer ${token}`);
  const early = await sentEarly(request, token);
  return withTimeout((signal) => fetch(copy, { signal }), { caller: request.signal, early: early?.answer });
}

/** Sends a request with the caller's token; a refused token is renewed once. */
async function authorized(request: Request): Promise<Response> {
  const token = await tokenCache.current();
  const response = await send(request, token);
  if (response.status !== 401) {
    return response;
  }
  return send(request, await tokenCache.replaceRejected(token));
}

async function connect() {
  const { tasks } = await serviceUrls();
  // The service knows callers by their token alone.
  return createClient<paths>({ baseUrl: tasks, fetch: authorized, credentials: "omit" });
}

/** The task service, typed by its own document. */
export type TasksApi = Awaited<ReturnType<typeof connect>>;

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** Calls the task service. A refusal is a `ServiceError`, silence too. */
export async function callTasks<Data>(call: (api: TasksApi) => Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await connect()
    .then(call)
    .catch((failure: unknown) => {
      throw failure instanceof TypeError ? unreachable() : failure;
    });
  if (!response.ok) {
    throw errorFromResponse(response, error);
  }
  return data as Data;
}
