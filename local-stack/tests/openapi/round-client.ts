// A round of requests with the clients that @hey-api/openapi-ts generates.
import { client as authClient } from "./auth/client.gen.js";
import * as auth from "./auth/sdk.gen.js";
import { client as tasksClient } from "./tasks/client.gen.js";
import * as tasks from "./tasks/sdk.gen.js";

declare const process: { env: Record<string, string> };

function check(holds: unknown, what: unknown): asserts holds {
  if (!holds) throw new Error(JSON.stringify(what));
}

// The fetch of Node.js says `sec-fetch-mode: cors` as a browser does, and is asked for its origin as a browser is.
const { AUTH_URL, ORIGIN, TASKS_URL } = process.env;
const email = `${crypto.randomUUID()}@example.com`;
const password = "correct horse battery";

authClient.setConfig({ baseUrl: AUTH_URL, headers: { origin: ORIGIN } });
const signedUp = await auth.signUp({ body: { name: "Alice", email, password } });
check(signedUp.data?.token && signedUp.data.user.email === email, signedUp.error);
const session = signedUp.data.token;
// Session cookies have the scheme "cookie": a program sends the token in the header alone.
authClient.setConfig({ auth: (scheme) => (scheme.scheme === "bearer" ? session : undefined) });
const current = await auth.getSession();
check(current.data?.user.id === signedUp.data.user.id, current.error);
const token = await auth.token();
check(token.data, token.error);

const access = token.data.token;
tasksClient.setConfig({ baseUrl: TASKS_URL, auth: () => access });
const me = { user_id: "me" };
const created = await tasks.createTask({ path: me, body: { title: "Water the plants", priority: "high" } });
check(created.data?.priority === "high", created.error);
const path = { ...me, task_id: created.data.id };
const listed = await tasks.listTasks({ path: me, query: { search: "PLANTS" } });
check(listed.data?.tasks.length === 1 && listed.data.next_cursor === null, listed.error);
const changed = await tasks.changeTask({ path, body: { due_date: "9999-12-31T23:59:59Z" } });
check(changed.data?.due_date === "9999-12-31T23:59:59Z", changed.error);
const completed = await tasks.completeTask({ path, body: { is_completed: true } });
check(completed.data?.is_completed, completed.error);
const deleted = await tasks.deleteTask({ path });
check(deleted.response?.status === 204, deleted.error);
const missing = await tasks.getTask({ path });
check(missing.error && "code" in missing.error && missing.error.code === "TASK_NOT_FOUND", missing.error);

const signedOut = await auth.signOut();
check(signedOut.data?.success, signedOut.error);
console.log("went round");
