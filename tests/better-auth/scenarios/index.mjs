// Every scenario, with the number that its emails contain.

const FILES = [
  "sign-up", "sign-in", "sign-out", "get-session", "sessions", "tokens", "cookies", "update-user", "change-password", "accounts",
  "reset-password", "verify-email", "change-email", "delete-user", "links", "validation", "origins", "targets", "protocol", "limits",
  "client", "settings", "fields", "social", "social-callback", "social-faults", "id-tokens", "linked-accounts", "provider-tokens",
  "social-settings", "social-client", "username", "magic-link", "email-otp", "two-factor-enrolment", "two-factor-sign-in",
  "two-factor-codes", "two-factor-guesses", "two-factor-locks", "two-factor-devices", "two-factor-protocol", "two-factor-settings",
  "two-factor-client",
];

/** All scenarios as `{ name, profile, number, run }`. Names are `family > what is shown`. */
export async function allScenarios() {
  const modules = await Promise.all(FILES.map((name) => import(`./${name}.mjs`)));
  const all = modules.flatMap((module, index) =>
    Object.entries(module.default).flatMap(([profile, scenarios]) =>
      Object.entries(scenarios).map(([what, run]) => ({ name: `${FILES[index]} > ${what}`, profile, run })),
    ),
  );
  return all.map((scenario, number) => ({ ...scenario, number }));
}
