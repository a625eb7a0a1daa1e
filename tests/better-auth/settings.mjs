// The profiles: settings that both servers run with. auth-service gets them as environment variables, Better Auth as options.

import { join } from "node:path";
import { socialProviders } from "./social-providers.mjs";

export const SECRET = "research-secret-research-secret-0123456789";
/** The page's origin, which both servers trust. */
export const PAGE = "http://localhost:3000";

const COMMON = {
  BASE_URL: "http://localhost:8081",
  AUTH_SECRETS: SECRET,
  TRUSTED_ORIGINS: PAGE,
  RATE_LIMIT_ENABLED: "false",
  // Better Auth has the second factor only as a plugin, which adds a field to every user.
  TWO_FACTOR_ENABLED: "false",
};
/** `file` is replaced by a directory when the services start. */
const MAIL = { MAIL_URL: "file", MAIL_FROM: "Latchkey <no-reply@example.com>" };

/** The name of a set of providers, which is replaced by the providers with their URLs. */
const SOCIAL = { ...MAIL, SOCIAL_PROVIDERS: "all" };

/** The second factor. The issuer has characters that a URL encodes. */
const TWO_FACTOR = { TWO_FACTOR_ENABLED: "true", TWO_FACTOR_ISSUER: "Research & Sons" };

const PROFILES = {
  plain: {},
  account: { ...MAIL, DELETE_USER_ENABLED: "true", CHANGE_EMAIL_ENABLED: "true" },
  "confirmed-change": { ...MAIL, CHANGE_EMAIL_ENABLED: "true", CHANGE_EMAIL_CONFIRMATION: "true" },
  verification: { ...MAIL, REQUIRE_EMAIL_VERIFICATION: "true" },
  // Verification as in Better Auth, which auth-service does only with this setting.
  "by-link": { ...MAIL, CHANGE_EMAIL_ENABLED: "true", VERIFY_EMAIL_BY_LINK_ALONE: "true" },
  "verification-by-link": { ...MAIL, REQUIRE_EMAIL_VERIFICATION: "true", VERIFY_EMAIL_BY_LINK_ALONE: "true" },
  "no-auto-sign-in": { AUTO_SIGN_IN: "false" },
  closed: { SIGN_UP_ENABLED: "false" },
  cookies: {
    ...MAIL,
    BASE_URL: "http://auth.example.com:8081",
    COOKIE_PREFIX: "house",
    COOKIE_DOMAIN: "example.com", SECURE_COOKIES: "true",
  },
  https: { BASE_URL: "https://auth.example.com" },
  short: {
    ...MAIL,
    SESSION_TTL: "2h", SESSION_UPDATE_AGE: "30m", SESSION_FRESH_AGE: "0s",
    DELETE_USER_ENABLED: "true", CHANGE_EMAIL_ENABLED: "true",
  },
  "deletion-mail": { ...MAIL, DELETE_USER_ENABLED: "true", DELETE_USER_VERIFICATION: "true" },
  limits: { ...MAIL, RATE_LIMIT_ENABLED: "true", TRUSTED_PROXIES: "127.0.0.1" },
  passwords: { ...MAIL, PASSWORD_MIN_LENGTH: "12", PASSWORD_MAX_LENGTH: "20" },
  wildcards: {
    TRUSTED_ORIGINS: "https://*.example.com,*.example.net,http://localhost:300?,myapp://,exp://192.168.*.*:*/**",
  },
  "same-site": { BASE_URL: "https://auth.example.com", COOKIE_SAME_SITE: "none", DISABLED_PATHS: "/update-user,/ok" },
  rules: {
    RATE_LIMIT_ENABLED: "true", RATE_LIMIT_MAX: "4", RATE_LIMIT_WINDOW: "20s",
    RATE_LIMIT_RULES: "/sign-in/*=5/30s,/get-session=off",
    TRUSTED_PROXIES: "127.0.0.1", CLIENT_ADDRESS_HEADERS: "cf-connecting-ip,x-forwarded-for",
  },
  "auto-sign-in": {
    ...MAIL, SEND_VERIFICATION_ON_SIGN_UP: "true", AUTO_SIGN_IN_AFTER_VERIFICATION: "true", VERIFICATION_LINK_TTL: "2h",
  },
  "verification-auto-sign-in": {
    ...MAIL, REQUIRE_EMAIL_VERIFICATION: "true", SEND_VERIFICATION_ON_SIGN_IN: "true", AUTO_SIGN_IN_AFTER_VERIFICATION: "true",
  },
  fields: {
    USER_FIELDS: JSON.stringify({
      department: { type: "string", required: true },
      age: { type: "number", required: false },
      role: { type: ["user", "admin"], required: false, defaultValue: "user", input: false },
      risk: { type: "string", required: false, input: false, returned: false },
    }),
    JWT_USER_FIELDS: "department,age,role",
  },
  username: { USERNAME_ENABLED: "true" },
  "username-once": { USERNAME_ENABLED: "true", USERNAME_IMMUTABLE: "true", USERNAME_MIN_LENGTH: "5", USERNAME_MAX_LENGTH: "8" },
  "username-verified": { ...MAIL, USERNAME_ENABLED: "true", REQUIRE_EMAIL_VERIFICATION: "true", SEND_VERIFICATION_ON_SIGN_IN: "true" },
  "username-limits": { USERNAME_ENABLED: "true", RATE_LIMIT_ENABLED: "true", TRUSTED_PROXIES: "127.0.0.1" },
  "magic-link": { ...MAIL, MAGIC_LINK_ENABLED: "true" },
  "magic-link-closed": { ...MAIL, MAGIC_LINK_ENABLED: "true", SIGN_UP_ENABLED: "false" },
  "email-otp": { ...MAIL, EMAIL_OTP_ENABLED: "true", CHANGE_EMAIL_ENABLED: "true" },
  "email-otp-closed": { ...MAIL, EMAIL_OTP_ENABLED: "true", SIGN_UP_ENABLED: "false" },
  "email-otp-confirmed": {
    ...MAIL, EMAIL_OTP_ENABLED: "true", CHANGE_EMAIL_ENABLED: "true", CHANGE_EMAIL_CONFIRMATION: "true",
    AUTO_SIGN_IN_AFTER_VERIFICATION: "true",
  },
  "by-email-limits": {
    ...MAIL, MAGIC_LINK_ENABLED: "true", EMAIL_OTP_ENABLED: "true", CHANGE_EMAIL_ENABLED: "true",
    RATE_LIMIT_ENABLED: "true", TRUSTED_PROXIES: "127.0.0.1",
  },
  claims: { JWT_CLAIMS: "better-auth", JWT_TYP: "JWT" },
  social: { ...SOCIAL, CHANGE_EMAIL_ENABLED: "true", DELETE_USER_ENABLED: "true" },
  "social-closed": { ...SOCIAL, SIGN_UP_ENABLED: "false" },
  "social-verified": { ...SOCIAL, REQUIRE_EMAIL_VERIFICATION: "true" },
  "social-options": { ...SOCIAL, SOCIAL_PROVIDERS: "options" },
  "social-cookies": {
    ...SOCIAL,
    BASE_URL: "https://auth.example.com",
    COOKIE_PREFIX: "house", COOKIE_DOMAIN: "example.com", COOKIE_SAME_SITE: "none", DISABLED_PATHS: "/link-social",
  },
  "social-limits": { ...SOCIAL, RATE_LIMIT_ENABLED: "true", TRUSTED_PROXIES: "127.0.0.1" },
  "two-factor": { ...TWO_FACTOR, ...MAIL, CHANGE_EMAIL_ENABLED: "true", DELETE_USER_ENABLED: "true" },
  "two-factor-without-mail": TWO_FACTOR,
  // Sign-in by providers asks for no second factor, as in Better Auth. auth-service does so only with this setting.
  "two-factor-social": { ...TWO_FACTOR, ...SOCIAL, TWO_FACTOR_EXEMPT_WAYS: "social" },
  "two-factor-every-way": {
    ...TWO_FACTOR, ...SOCIAL, AUTO_SIGN_IN_AFTER_VERIFICATION: "true", VERIFY_EMAIL_BY_LINK_ALONE: "true",
  },
  "two-factor-cookies": {
    ...TWO_FACTOR, ...MAIL,
    BASE_URL: "https://auth.example.com",
    COOKIE_PREFIX: "house", COOKIE_DOMAIN: "example.com",
  },
  "two-factor-limits": { ...TWO_FACTOR, ...MAIL, RATE_LIMIT_ENABLED: "true", TRUSTED_PROXIES: "127.0.0.1" },
};

/** The names of the profiles. */
export const PROFILE_NAMES = Object.keys(PROFILES);

/** The directory to which auth-service writes the mail of a profile. */
export function mailbox(directory, profile) {
  return join(directory, profile);
}

/** The settings of auth-service, except its database and the secrets that encrypt its keys. */
export function settingsOf(profile, directory) {
  const settings = { ...COMMON, ...PROFILES[profile] };
  settings.JWT_ISSUER = settings.JWT_AUDIENCE = settings.BASE_URL;
  if (settings.MAIL_URL) settings.MAIL_URL = `file://${mailbox(directory, profile)}`;
  if (settings.SOCIAL_PROVIDERS) settings.SOCIAL_PROVIDERS = JSON.stringify(socialProviders(settings.SOCIAL_PROVIDERS));
  return settings;
}
