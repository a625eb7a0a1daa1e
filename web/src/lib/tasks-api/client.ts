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

/** Returns the same request with the same token, if the inline script sent it. */
async function sentEarly({ method, url }: Request, token: string): Promise<EarlyTasks | undefined> {
  // An early request that still waits for its token belongs to a session that the page has since refetched.
  const early = await Promise.race([takeEarly("tasks"), undefined]).catch(() => undefined);
  return method === "GET" && early?.url === url && early.token === token ? early : undefined;
}

async function send(request: Request, token: string): Promise<Response> {
  // A clone, so that the request can be retried with a new token.
  const copy = request.clone();
  copy.headers.set("Authorization", `Bearer ${token}`);
  const early = await sentEarly(request, token);
  return withTimeout((signal) => fetch(copy, { signal }), { caller: request.signal, early: early?.response });
}

/** Sends a request with the caller's token. A rejected token is renewed once. */
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
  // The service identifies callers by their token only.
  return createClient<paths>({ baseUrl: tasks, fetch: authorized, credentials: "omit" });
}

/** The task service's client, typed by its OpenAPI document. */
export type TasksApi = Awaited<ReturnType<typeof connect>>;

interface Result<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** Calls the task service. An error response or a missing response is thrown as a `ServiceError`. */
export async function callTasks<Data>(call: (api: TasksApi) => Promise<Result<Data>>): Promise<Data> {
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
