// Fills an empty database as a real Better Auth deployment does: with its migrations, users signed up through its API, and
// keys created by its JWT plugin.
//
//   DATABASE_URL=postgres://... node make-database.mjs '{"secret": "...", "users": [{"name", "email", "password"}]}'
//
// Prints the credentials of browsers and resource servers: {"users": [{"id", "email", "cookie", "token", "jwt"}], "jwks"}.
import { getMigrations } from "better-auth/db/migration";
import { open } from "./deployment.mjs";

const plan = JSON.parse(process.argv[2]);
const deployment = open(plan);
try {
	const { runMigrations } = await getMigrations(deployment.options);
	await runMigrations();
	const users = [];
	for (const user of plan.users) users.push(await deployment.enter("/sign-up/email", user));
	const jwks = await (await deployment.call("/jwks")).json();
	console.log(JSON.stringify({ users, jwks }));
} finally {
	await deployment.close();
}
