// The task API on Fastify: pg with named statements, jose for tokens, response schemas, one process per core.
//
//   DATABASE_URL=postgres://... PORT=8080 PROCESSES=2 JWKS_URL=... ISSUER=... AUDIENCE=... node server.mjs

import cluster from "node:cluster";
import Fastify from "fastify";
import { importJWK, jwtVerify } from "jose";
import pg from "pg";
import { v7 as uuid } from "uuid";

const { env } = process;
const parent = process.ppid;
// If the benchmark is killed, nothing else stops this process.
setInterval(() => process.ppid === parent || process.exit(), 500).unref();

const COLUMNS = "id, user_id, title, description, is_completed, priority, due_date, created_at, updated_at";
const LIST = {
  name: "list",
  text: `SELECT ${COLUMNS} FROM tasks WHERE user_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
};
const GET = { name: "get", text: `SELECT ${COLUMNS} FROM tasks WHERE user_id = $1 AND id = $2` };
const CREATE = {
  name: "create",
  text: `INSERT INTO tasks (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, now(), now()) RETURNING ${COLUMNS}`,
};
const COMPLETE = {
  name: "complete",
  text: `UPDATE tasks SET is_completed = $3, updated_at = now() WHERE user_id = $1 AND id = $2 RETURNING ${COLUMNS}`,
};

const text = { type: "string" };
const optionalText = { type: ["string", "null"] };
const time = { type: "string", format: "date-time" };
const TASK = {
  type: "object",
  properties: {
    id: text,
    user_id: text,
    title: text,
    description: optionalText,
    is_completed: { type: "boolean" },
    priority: text,
    due_date: { type: ["string", "null"], format: "date-time" },
    created_at: time,
    updated_at: time,
  },
};
const NEW_TASK = {
  type: "object",
  required: ["title"],
  properties: {
    title: { type: "string", minLength: 1, maxLength: 200 },
    description: { type: ["string", "null"], maxLength: 1000 },
    is_completed: { type: "boolean", default: false },
    priority: { enum: ["low", "medium", "high"], default: "medium" },
    due_date: { type: ["string", "null"], format: "date-time" },
  },
};
const COMPLETION = {
  type: "object",
  required: ["is_completed"],
  properties: { is_completed: { type: "boolean" } },
};
const PAGE = {
  type: "object",
  properties: { limit: { type: "integer", minimum: 1, maximum: 100, default: 50 }, cursor: { type: "string" } },
};
const TASKS = { type: "object", properties: { tasks: { type: "array", items: TASK }, next_cursor: optionalText } };

if (cluster.isPrimary) {
  for (let n = 0; n < Number(env.PROCESSES); n += 1) cluster.fork();
  // A process that fails ends the others, so that the benchmark notices.
  cluster.on("exit", () => process.exit(1));
} else {
  await serve();
}

async function serve() {
  const jwks = await (await fetch(env.JWKS_URL)).json();
  const keys = new Map();
  for (const key of jwks.keys) keys.set(key.kid, await importJWK(key, "RS256"));
  const expected = { issuer: env.ISSUER, audience: env.AUDIENCE, algorithms: ["RS256"] };
  const pool = new pg.Pool({ connectionString: env.DATABASE_URL, max: 16 / Number(env.PROCESSES) });

  const app = Fastify({ logger: false });
  app.decorateRequest("user", null);
  app.get("/readyz", async () => {
    await pool.query("SELECT 1");
    return { status: "ok" };
  });
  app.register(async (api) => {
    api.addHook("onRequest", async (request, reply) => {
      const [scheme, token] = (request.headers.authorization ?? "").split(" ");
      try {
        if (scheme !== "Bearer") throw new Error("no bearer token");
        const { payload } = await jwtVerify(token, ({ kid }) => keys.get(kid), expected);
        request.user = payload.sub;
      } catch {
        return reply.code(401).send({ error: { code: "UNAUTHORIZED", message: "The token is invalid." } });
      }
    });

    api.get("/api/me/tasks", { schema: { querystring: PAGE, response: { 200: TASKS } } }, async (request) => {
      const { limit, cursor } = request.query;
      const { rows } = await pool.query({ ...LIST, values: [request.user, cursor ?? null, limit + 1] });
      const tasks = rows.slice(0, limit);
      return { tasks, next_cursor: rows.length > limit ? tasks.at(-1).id : null };
    });

    api.get("/api/me/tasks/:id", { schema: { response: { 200: TASK } } }, async (request, reply) => {
      const { rows } = await pool.query({ ...GET, values: [request.user, request.params.id] });
      return rows[0] ?? notFound(reply);
    });

    api.post("/api/me/tasks", { schema: { body: NEW_TASK, response: { 201: TASK } } }, async (request, reply) => {
      const { title, description, is_completed, priority, due_date } = request.body;
      const values = [uuid(), request.user, title, description, is_completed, priority, due_date];
      const { rows } = await pool.query({ ...CREATE, values });
      return reply.code(201).header("location", `/api/${request.user}/tasks/${rows[0].id}`).send(rows[0]);
    });

    const completion = { schema: { body: COMPLETION, response: { 200: TASK } } };
    api.patch("/api/me/tasks/:id/complete", completion, async (request, reply) => {
      const values = [request.user, request.params.id, request.body.is_completed];
      const { rows } = await pool.query({ ...COMPLETE, values });
      return rows[0] ?? notFound(reply);
    });
  });
  await app.listen({ port: Number(env.PORT), host: "127.0.0.1" });
}

function notFound(reply) {
  return reply.code(404).send({ error: { code: "NOT_FOUND", message: "There is no such task." } });
}
