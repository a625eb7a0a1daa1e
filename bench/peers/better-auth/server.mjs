// Better Auth as in its documentation: Node's HTTP server, PostgreSQL through pg, and the jwt and bearer plugins.
//
//   DATABASE_URL=postgres://... PORT=8080 BCRYPT_COST=12 node server.mjs
//
// Passwords are hashed with bcrypt's C implementation, on Node's thread pool. Tables are created at the first start.

import http from "node:http";
import bcrypt from "bcrypt";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { bearer, jwt } from "better-auth/plugins";
import pg from "pg";

const parent = process.ppid;
// If the benchmark is killed, nothing else stops this process.
setInterval(() => process.ppid === parent || process.exit(), 500).unref();

const cost = Number(process.env.BCRYPT_COST);
const url = process.env.BASE_URL;
const options = {
  database: new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 16 }),
  baseURL: url,
  secret: process.env.SECRET,
  trustedOrigins: [url],
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { disabled: true },
  emailAndPassword: {
    enabled: true,
    password: {
      hash: (password) => bcrypt.hash(password, cost),
      verify: ({ hash, password }) => bcrypt.compare(password, hash),
    },
  },
  plugins: [jwt({ jwks: { keyPairConfig: { alg: "RS256" } } }), bearer()],
};
if (process.env.MIGRATE) {
  await (await getMigrations(options)).runMigrations();
}
http.createServer(toNodeHandler(betterAuth(options))).listen(Number(process.env.PORT), "127.0.0.1");
