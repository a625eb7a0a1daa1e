// The two sides of each profile: a Better Auth started here, and the auth-service under test.

import pg from "pg";
import { messagesIn } from "./mail.mjs";
import { startOracle } from "./oracle.mjs";
import { mailbox, settingsOf } from "./settings.mjs";

/**
 * Starts Better Auth for each of `services` (by profile: `{ url, database }`, where the database URL is a superuser's), with
 * its tables in a separate schema of that database. `directory` is where the services write their mail.
 */
export async function sidesOf(services, directory) {
  const started = await Promise.all(
    Object.entries(services).map(async ([profile, { url, database }]) => {
      const settings = settingsOf(profile, directory);
      const mail = () => messagesIn(mailbox(directory, profile));
      const theirs = await oracleSide(settings, database, "better_auth");
      const rows = rowsOf(database);
      const ours = { url, settings, rows, isOracle: false, mail, close: () => rows.end() };
      return [profile, { theirs, ours }];
    }),
  );
  return Object.fromEntries(started);
}

/** Better Auth on both sides. Any difference is an error in the scenarios. */
export async function twoOracles(profiles, database) {
  const started = [];
  for (const profile of profiles) {
    const settings = settingsOf(profile, "/nowhere");
    const schema = profile.replaceAll("-", "_");
    const [theirs, ours] = [`${schema}_one`, `${schema}_two`];
    started.push([
      profile,
      { theirs: await oracleSide(settings, database, theirs), ours: await oracleSide(settings, database, ours) },
    ]);
  }
  return Object.fromEntries(started);
}

/** Stops what `sidesOf` or `twoOracles` started. */
export async function close(pairs) {
  await Promise.all(Object.values(pairs).flatMap(({ theirs, ours }) => [theirs.close(), ours.close()]));
}

/** For the rows that scenarios look at: closes its connections soon, as there are many profiles and one PostgreSQL. */
function rowsOf(connectionString, options) {
  return new pg.Pool({ connectionString, options, max: 2, idleTimeoutMillis: 1000 });
}

async function oracleSide(settings, database, schema) {
  const rows = rowsOf(database, `-c search_path=${schema}`);
  await rows.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  await rows.query(`CREATE SCHEMA ${schema}`);
  const oracle = await startOracle(settings, database, schema);
  return {
    url: oracle.url,
    settings,
    rows,
    isOracle: true,
    mail: async () => oracle.outbox,
    close: async () => {
      await oracle.close();
      await rows.end();
    },
  };
}
