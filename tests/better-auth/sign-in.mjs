// Signs in to a Better Auth deployment whose database already has users.
//
//   DATABASE_URL=postgres://... node sign-in.mjs '{"secret": "...", "user": {"email", "password"}}'
//
// Prints {"id", "email", "cookie", "token", "jwt"}.
import { open } from "./deployment.mjs";

const plan = JSON.parse(process.argv[2]);
const deployment = open(plan);
try {
	console.log(JSON.stringify(await deployment.enter("/sign-in/email", plan.user)));
} finally {
	await deployment.close();
}
