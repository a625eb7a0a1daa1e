// A round of requests with openapi-fetch, by the types that openapi-typescript generates.
import createClient from "openapi-fetch";

import type { paths as AuthPaths } from "./auth.js";
import type { paths as TasksPaths } from "./tasks.js";

declare const process: { env: Record<string, string> };

function check(holds: unknown, what: unknown): asserts holds {
  if (!holds) throw new Error(JSON.stringify(what));
}

// The fetch of Node.js says `sec-fetch-mode: cors` as a browser does, and is asked for its origin as a browser is.
const { AUTH_URL, ORIGIN, TASKS_URL } = process.env;
const email = `${crypto.randomUUID()}@example.com`;
const password = "correct horse battery";

const auth = createClient<AuthPaths>({ baseUrl: AUTH_URL, headers: { origin: ORIGIN } });
const signedUp = await auth.POST("/api/auth/sign-up/email", { body: { name: "Alice", email, password } });
check(signedUp.data?.token && signedUp.data.user.email === email, signedUp.error);
const session = { authorization: `Bearer ${signedUp.data.token}` };

const refused = await auth.POST("/api/auth/sign-in/email", { body: { email, password: "wrong horse battery" } });
check(refused.error?.code === "INVALID_EMAIL_OR_PASSWORD", refused);
const current = await auth.GET("/api/auth/get-session", { headers: session });
check(current.data?.user.id === signedUp.data.user.id, current);
const token = await auth.GET("/api/auth/token", { headers: session });
check(token.data, token.error);

const headers = { authorization: `Bearer ${token.data.token}` };
const tasks = createClient<TasksPaths>({ baseUrl: TASKS_URL, headers });
const me = { user_id: "me" };
const created = await tasks.POST("/api/{user_id}/tasks", {
  params: { path: me },
  body: { title: "Water the plants", priority: "high", due_date: null },
});
check(created.data?.priority === "high", created.error);
const path = { ...me, task_id: created.data.id };
const listed = await tasks.GET("/api/{user_id}/tasks", { params: { path: me, query: { status: "pending", limit: 10 } } });
check(listed.data?.tasks.length === 1 && listed.data.next_cursor === null, listed);
const changed = await tasks.PATCH("/api/{user_id}/tasks/{task_id}", { params: { path }, body: { title: "Water them" } });
check(changed.data?.title === "Water them", changed.error);
const completed = await tasks.PATCH("/api/{user_id}/tasks/{task_id}/complete", {
  params: { path },
  body: { is_completed: true },
});
check(completed.data?.is_completed, completed.error);
const deleted = await tasks.DELETE("/api/{user_id}/tasks/{task_id}", { params: { path } });
check(deleted.response.status === 204, deleted.error);
const missing = await tasks.GET("/api/{user_id}/tasks/{task_id}", { params: { path } });
check(missing.error?.code === "TASK_NOT_FOUND", missing);

const signedOut = await auth.POST("/api/auth/sign-out", { headers: session });
check(signedOut.data?.success, signedOut.error);
check((await auth.GET("/api/auth/get-session", { headers: session })).data === null, "still signed in");
console.log("went round");
