// A real Better Auth server, with the options that correspond to the settings of a profile.

import "./environment.mjs";
import { createHash, randomBytes } from "node:crypto";
import http from "node:http";
import { expo } from "@better-auth/expo";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { bearer, emailOTP, jwt, magicLink, username } from "better-auth/plugins";
import pg from "pg";
import { betterAuthOptions, redirectPresets } from "./oracle-providers.mjs";
import { twoFactorPlugins } from "./oracle-two-factor.mjs";

redirectPresets();

const SECONDS = { s: 1, m: 60, h: 3600, d: 86400 };

/** Starts the server on a free port, with its tables in an empty schema. */
export async function startOracle(settings, database, schema) {
  const pool = new pg.Pool({
    connectionString: database,
    options: `-c search_path=${schema}`,
    max: 5,
    idleTimeoutMillis: 1000,
  });
  const outbox = [];
  const options = { ...optionsOf(settings, outbox), database: pool };
  await (await getMigrations(options)).runMigrations();
  const server = http.createServer(toNodeHandler(betterAuth(options)));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  // It creates its key on first use. This request prevents concurrent first requests from creating one each.
  await fetch(`${url}/api/auth/jwks`);
  return {
    url,
    outbox,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await pool.end();
    },
  };
}

/** The prefix of emails for which Better Auth's sender fails. */
export const UNREACHABLE = "unreachable";

/** The expo plugin without its `init`, which trusts every `exp://` in development. */
const expoOnly = { ...expo(), init: undefined };

function optionsOf(settings, outbox) {
  const on = (name) => settings[name] === "true";
  const off = (name) => settings[name] === "false";
  const mail = async ({ user, url }) => {
    outbox.push({ to: user.email, link: url });
    if (user.email.startsWith(UNREACHABLE)) throw new Error("the mail server is unavailable");
  };
  const social = betterAuthOptions(settings.SOCIAL_PROVIDERS);
  const byMail = (wanted) => (wanted && settings.MAIL_URL ? mail : undefined);
  return {
    baseURL: settings.BASE_URL,
    secret: settings.AUTH_SECRETS,
    trustedOrigins: settings.TRUSTED_ORIGINS.split(","),
    telemetry: { enabled: false },
    logger: { disabled: true },
    rateLimit: {
      enabled: on("RATE_LIMIT_ENABLED"),
      max: number(settings.RATE_LIMIT_MAX),
      window: seconds(settings.RATE_LIMIT_WINDOW),
      customRules: rules(settings.RATE_LIMIT_RULES),
    },
    disabledPaths: settings.DISABLED_PATHS?.split(","),
    emailAndPassword: {
      enabled: true,
      disableSignUp: off("SIGN_UP_ENABLED"),
      autoSignIn: !off("AUTO_SIGN_IN"),
      requireEmailVerification: on("REQUIRE_EMAIL_VERIFICATION"),
      minPasswordLength: number(settings.PASSWORD_MIN_LENGTH),
      maxPasswordLength: number(settings.PASSWORD_MAX_LENGTH),
      sendResetPassword: byMail(true),
      resetPasswordTokenExpiresIn: seconds(settings.RESET_PASSWORD_LINK_TTL),
      password: quickHash,
    },
    emailVerification: {
      sendVerificationEmail: byMail(true),
      sendOnSignUp: settings.SEND_VERIFICATION_ON_SIGN_UP && on("SEND_VERIFICATION_ON_SIGN_UP"),
      sendOnSignIn: on("SEND_VERIFICATION_ON_SIGN_IN"),
      autoSignInAfterVerification: on("AUTO_SIGN_IN_AFTER_VERIFICATION"),
      expiresIn: seconds(settings.VERIFICATION_LINK_TTL),
    },
    socialProviders: social.socialProviders,
    user: {
      additionalFields: settings.USER_FIELDS && JSON.parse(settings.USER_FIELDS),
      deleteUser: {
        enabled: on("DELETE_USER_ENABLED"),
        deleteTokenExpiresIn: seconds(settings.DELETE_USER_LINK_TTL),
        sendDeleteAccountVerification: byMail(on("DELETE_USER_VERIFICATION")),
      },
      changeEmail: {
        enabled: on("CHANGE_EMAIL_ENABLED"),
        sendChangeEmailConfirmation: byMail(on("CHANGE_EMAIL_CONFIRMATION")),
      },
    },
    session: {
      expiresIn: seconds(settings.SESSION_TTL),
      updateAge: seconds(settings.SESSION_UPDATE_AGE),
      freshAge: seconds(settings.SESSION_FRESH_AGE),
    },
    advanced: {
      cookiePrefix: settings.COOKIE_PREFIX,
      useSecureCookies: on("SECURE_COOKIES") || undefined,
      crossSubDomainCookies: settings.COOKIE_DOMAIN && { enabled: true, domain: settings.COOKIE_DOMAIN },
      defaultCookieAttributes: settings.COOKIE_SAME_SITE && { sameSite: settings.COOKIE_SAME_SITE },
      ipAddress: {
        trustedProxies: settings.TRUSTED_PROXIES?.split(","),
        ipAddressHeaders: settings.CLIENT_ADDRESS_HEADERS?.split(","),
      },
    },
    plugins: [
      ...twoFactorPlugins(settings, outbox),
      jwt({ jwks: { keyPairConfig: { alg: "RS256" } } }),
      bearer(),
      expoOnly,
      ...social.plugins,
      ...usernames(settings),
      ...byEmail(settings, outbox),
    ],
  };
}

/** The plugin for usernames, if users have them. */
function usernames(settings) {
  if (settings.USERNAME_ENABLED !== "true") return [];
  const options = {
    minUsernameLength: number(settings.USERNAME_MIN_LENGTH),
    maxUsernameLength: number(settings.USERNAME_MAX_LENGTH),
    immutableUsername: settings.USERNAME_IMMUTABLE === "true",
  };
  return [username(options)];
}

/** The plugins that sign in by links and codes in mail. */
function byEmail(settings, outbox) {
  const on = (name) => settings[name] === "true";
  const disableSignUp = settings.SIGN_UP_ENABLED === "false";
  const links = magicLink({ disableSignUp, sendMagicLink: async ({ email, url }) => void outbox.push({ to: email, link: url }) });
  const codes = emailOTP({
    disableSignUp,
    changeEmail: { enabled: on("CHANGE_EMAIL_ENABLED"), verifyCurrentEmail: on("CHANGE_EMAIL_CONFIRMATION") },
    sendVerificationOTP: async ({ email, otp }) => void outbox.push({ to: email, code: otp }),
  });
  return [...(on("MAGIC_LINK_ENABLED") ? [links] : []), ...(on("EMAIL_OTP_ENABLED") ? [codes] : [])];
}

/**
 * Replaces Better Auth's scrypt, which takes a tenth of a second hundreds of times. Like that, it hashes the NFKC form,
 * because the comparison covers which passwords are equal.
 */
const quickHash = {
  async hash(password) {
    const salt = randomBytes(8).toString("hex");
    return `${salt}:${digest(salt, password)}`;
  },
  async verify({ hash, password }) {
    const [salt, key] = hash.split(":");
    return digest(salt, password) === key;
  },
};

function digest(salt, password) {
  return createHash("sha256").update(salt).update(password.normalize("NFKC")).digest("hex");
}

/** `/sign-in/*=5/60s,/get-session=off` as a Better Auth option. */
function rules(text) {
  const entries = text?.split(",").map((entry) => {
    const [path, limit] = entry.split("=");
    const [max, window] = limit.split("/");
    return [path, limit === "off" ? false : { max: Number(max), window: seconds(window) }];
  });
  return entries && Object.fromEntries(entries);
}

function number(text) {
  return text === undefined ? undefined : Number(text);
}

function seconds(text) {
  return text === undefined ? undefined : Number(text.slice(0, -1)) * SECONDS[text.slice(-1)];
}
