// Fills an empty database as a real Better Auth deployment does: with its migrations, users signed up through its API, their
// accounts at identity providers stored by its adapter, and keys created by its JWT plugin.
//
//   DATABASE_URL=postgres://... node make-database.mjs '{"secret": "...", "users": [{"name", "email", "password"}]}'
//
// A user may have `accounts`: [{"providerId", "accountId", "accessToken", ...}], and one without a password has nothing else to
// sign in with. Tokens are encrypted if `options.account.encryptOAuthTokens` says so. A user with `app` sets up an authenticator
// app: "confirmed" with its first code, or "started" without.
//
// Prints the credentials of browsers and resource servers: {"users": [{"id", "email", "cookie", "token", "jwt"}], "jwks"}. A user
// with an app has `totpURI` and `backupCodes` too.
import { getMigrations } from "better-auth/db/migration";
import { setTokenUtil } from "better-auth/oauth2";
import { Authenticator } from "./authenticator.mjs";
import { open } from "./deployment.mjs";

const plan = JSON.parse(process.argv[2]);
const deployment = open(plan);
try {
	const { runMigrations } = await getMigrations(deployment.options);
	await runMigrations();
	const users = [];
	const context = await deployment.context();
	// As Better Auth's callback stores what a provider sends.
	const stored = async (account) => ({
		...account,
		accessToken: await setTokenUtil(account.accessToken, context),
		refreshToken: await setTokenUtil(account.refreshToken, context),
		idToken: await setTokenUtil(account.idToken, context),
		accessTokenExpiresAt: account.accessTokenExpiresAt && new Date(account.accessTokenExpiresAt),
		refreshTokenExpiresAt: account.refreshTokenExpiresAt && new Date(account.refreshTokenExpiresAt),
	});
	const withoutPassword = async (user, account) => {
		const created = await context.internalAdapter.createOAuthUser({ ...user, emailVerified: true }, account);
		return { id: created.user.id, email: created.user.email };
	};
	const setUp = async (app, { cookie }, { password }) => {
		const enabled = await deployment.call("/two-factor/enable", { body: { password }, cookie });
		const { totpURI, backupCodes } = await enabled.json();
		if (app === "confirmed") {
			// The step before, so that the tests can use the current one.
			const code = await new Authenticator(totpURI).steadyCode(-1);
			await deployment.call("/two-factor/verify-totp", { body: { code }, cookie });
		}
		return { totpURI, backupCodes };
	};
	for (const { accounts = [], app, ...user } of plan.users) {
		const rest = await Promise.all(accounts.map(stored));
		const created = user.password
			? await deployment.enter("/sign-up/email", user)
			: await withoutPassword(user, rest.shift());
		for (const account of rest) await context.internalAdapter.linkAccount({ ...account, userId: created.id });
		users.push(app ? { ...created, ...(await setUp(app, created, user)) } : created);
	}
	const jwks = await (await deployment.call("/jwks")).json();
	console.log(JSON.stringify({ users, jwks }));
} finally {
	await deployment.close();
}
