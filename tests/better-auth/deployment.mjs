// A real Better Auth on the PostgreSQL database that DATABASE_URL names.
import { betterAuth } from "better-auth";
import { admin, bearer, jwt, twoFactor } from "better-auth/plugins";
import pg from "pg";

const BASE_URL = "http://auth.example.com";

/** The deployment that `plan` describes. Its `jwt` and `options` are Better Auth options, its `admin` and `twoFactor` add plugins. */
export const open = (plan) => {
	const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 2 });
	const options = {
		database: pool,
		baseURL: BASE_URL,
		secret: plan.secret,
		emailAndPassword: { enabled: true },
		rateLimit: { enabled: false },
		telemetry: { enabled: false },
		plugins: [
			bearer(),
			jwt(plan.jwt ?? { jwks: { keyPairConfig: { alg: "RS256" } } }),
			...(plan.admin ? [admin()] : []),
			...(plan.twoFactor ? [twoFactor(plan.twoFactor)] : []),
		],
		...plan.options,
	};
	const auth = betterAuth(options);

	const call = async (path, { body, cookie } = {}) => {
		const headers = { origin: BASE_URL, "user-agent": "old browser" };
		if (body) headers["content-type"] = "application/json";
		if (cookie) headers.cookie = cookie;
		const request = { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) };
		const response = await auth.handler(new Request(`${BASE_URL}/api/auth${path}`, request));
		if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
		return response;
	};

	/** The credentials that a browser and a resource server have after signing up or in. */
	const enter = async (path, body) => {
		const response = await call(path, { body });
		const { token, user } = await response.json();
		const cookie = response.headers.getSetCookie()[0].split(";")[0];
		const issued = await (await call("/token", { cookie })).json();
		return { id: user.id, email: user.email, cookie, token, jwt: issued.token };
	};

	return { options, context: () => auth.$context, call, enter, close: () => pool.end() };
};
