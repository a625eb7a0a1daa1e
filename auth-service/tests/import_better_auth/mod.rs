//! `auth-service import better-auth`, from databases that the real Better Auth made.

mod keys;
mod linked_accounts;
mod plugins;

use local_stack::testing::{self, TestDatabase};
use serde_json::{Value, json};

use crate::import::{contents, counts, report, run, scheme, sign_in};
use crate::import_node::{SECRET, deployment, script};
use crate::support::{Answer, Auth, PASSWORD, connect};

const IMPORT: [&str; 2] = ["import", "better-auth"];

fn users(names: &[&str]) -> Value {
    let user =
        |name: &&str| json!({"name": name, "email": format!("{name}@example.com"), "password": PASSWORD});
    names.iter().map(user).collect()
}

/// A Better Auth deployment, and an empty database to import it into.
struct Import {
    source: TestDatabase,
    held: Value,
    database: TestDatabase,
}

impl Import {
    async fn of(plan: &Value) -> Self {
        let source = TestDatabase::empty_auth().await;
        let held = deployment(&source.superuser_url(), plan).await;
        Self { source, held, database: TestDatabase::auth().await }
    }

    async fn of_users(names: &[&str]) -> Self {
        Self::of(&json!({"secret": SECRET, "users": users(names)})).await
    }

    async fn source(&self) -> tokio_postgres::Client {
        connect(&self.source.superuser_url()).await
    }

    async fn report(&self, arguments: &[&str]) -> Value {
        let arguments = [&IMPORT, arguments].concat();
        let from = self.source.superuser_url();
        let env = [("SOURCE_DATABASE_URL", from.as_str()), ("BETTER_AUTH_SECRET", SECRET)];
        report(&self.database, &arguments, &env).await
    }

    async fn refused(&self, arguments: &[&str], env: &[(&str, &str)]) -> String {
        let arguments = [&IMPORT, arguments].concat();
        let from = self.source.superuser_url();
        let env = [&[("SOURCE_DATABASE_URL", from.as_str()), ("BETTER_AUTH_SECRET", SECRET)], env].concat();
        let finished = run(&self.database, &arguments, &env).await;
        assert!(!finished.status.success(), "{finished:?}");
        finished.stderr.join("\n")
    }

    /// auth-service on the imported data, with the old secret as the second of its list.
    async fn serve(self) -> Auth {
        let secrets = format!("{},{SECRET}", self.database.secrets().auth_secrets);
        Auth::on(self.database, &[("AUTH_SECRETS", &secrets)]).await
    }
}

/// The cookies, tokens and passwords of the old deployment still work.
#[tokio::test]
async fn old_cookies_tokens_and_passwords_work_after_the_import() {
    let import = Import::of_users(&["alice", "bob"]).await;
    let (held, alice) = (import.held.clone(), import.held["users"][0].clone());
    let report = import.report(&[]).await;
    assert_eq!(
        report["users"],
        json!({"copied": 2, "banned": 0, "second_factors": 0, "already_there": 0, "skipped": {}, "noted": {}})
    );
    assert_eq!(report["passwords"], json!({"better-auth-scrypt": 2}));
    assert_eq!(report["sessions"], json!({"copied": 2, "already_there": 0, "expired": 0}));
    assert_eq!(report["keys"]["copied"][0]["private_half"], true);

    let auth = import.serve().await;
    let cookie = alice["cookie"].as_str().unwrap();
    let request = auth.request(reqwest::Method::GET, "/get-session").header("cookie", cookie);
    let session = Answer::of(request).await.body;
    assert_eq!(session["user"]["id"], alice["id"]);
    assert_eq!(session["session"]["userAgent"], "old browser");
    let by_token = auth.request(reqwest::Method::GET, "/get-session");
    let by_token = Answer::of(by_token.bearer_auth(alice["token"].as_str().unwrap())).await.body;
    assert_eq!(by_token["user"]["email"], "alice@example.com");

    let jwks = auth.url("/api/auth/jwks");
    let arguments = [&jwks, alice["jwt"].as_str().unwrap(), "http://auth.example.com"];
    let verified = script("verify-token.mjs", &arguments, &[]).await.unwrap();
    assert_eq!(verified["payload"]["sub"], alice["id"]);
    assert_eq!(verified["protectedHeader"]["kid"], held["jwks"]["keys"][0]["kid"]);

    let client = auth.superuser().await;
    assert_eq!(scheme(&client, "alice@example.com").await.as_deref(), Some("better-auth-scrypt"));
    assert_eq!(sign_in(&auth, "alice@example.com", "wrong password").await, 401);
    assert_eq!(scheme(&client, "alice@example.com").await.as_deref(), Some("better-auth-scrypt"));
    assert_eq!(sign_in(&auth, "alice@example.com", PASSWORD).await, 200);
    assert_eq!(scheme(&client, "alice@example.com").await.as_deref(), Some("bcrypt"));
    assert_eq!(sign_in(&auth, "alice@example.com", PASSWORD).await, 200);
    assert_eq!(scheme(&client, "bob@example.com").await.as_deref(), Some("better-auth-scrypt"));
}

#[tokio::test]
async fn a_second_run_changes_nothing_and_a_dry_run_writes_nothing() {
    let import = Import::of_users(&["alice", "bob"]).await;
    let empty = contents(&import.database).await;
    let dry = import.report(&["--dry-run"]).await;
    assert_eq!((&dry["dry_run"], &dry["users"]["copied"]), (&json!(true), &json!(2)));
    assert_eq!((&dry["sessions"]["copied"], dry["keys"]["copied"].as_array().unwrap().len()), (&json!(2), 1));
    assert_eq!(contents(&import.database).await, empty);

    import.report(&[]).await;
    let copied = contents(&import.database).await;
    let again = import.report(&[]).await;
    assert_eq!(
        again["users"],
        json!({"copied": 0, "banned": 0, "second_factors": 0, "already_there": 2, "skipped": {}, "noted": {}})
    );
    assert_eq!(again["sessions"]["copied"], 0);
    assert_eq!(again["keys"]["already_there"].as_array().unwrap().len(), 1);
    assert_eq!(contents(&import.database).await, copied);

    // Changes and ended sessions here are kept, and changes at the source are reported.
    let ours = connect(&import.database.superuser_url()).await;
    ours.batch_execute("UPDATE users SET name = 'Ours'; DELETE FROM sessions").await.unwrap();
    let changed = contents(&import.database).await;
    let newer = "UPDATE \"user\" SET \"updatedAt\" = \"updatedAt\" + interval '1 hour' WHERE name = 'bob'";
    import.source().await.batch_execute(newer).await.unwrap();
    let third = import.report(&[]).await;
    assert_eq!(third["users"]["noted"]["changed_since"], json!([import.held["users"][1]["id"]]));
    assert_eq!(contents(&import.database).await, changed);
}

/// The import is killed in the middle of a batch, where it waits for a lock of the test.
#[tokio::test]
async fn an_import_that_was_killed_continues_when_it_is_run_again() {
    let names = ["alice", "bob", "carol", "dave", "erin"];
    let import = Import::of_users(&names).await;
    let ours = connect(&import.database.superuser_url()).await;
    let carol = import.held["users"][2]["id"].as_str().unwrap();
    ours.batch_execute(&format!(
        "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF NEW.user_id = '{carol}' THEN PERFORM pg_advisory_xact_lock(1); END IF; RETURN NEW; END $$; \
         CREATE TRIGGER hold BEFORE INSERT ON passwords FOR EACH ROW EXECUTE FUNCTION hold(); \
         SELECT pg_advisory_lock(1)"
    ))
    .await
    .unwrap();
    let mut settings: Vec<(String, String)> = testing::auth_env(&import.database).into_iter().collect();
    settings.push(("SOURCE_DATABASE_URL".to_owned(), import.source.superuser_url()));
    testing::build_binaries().await.unwrap();
    let mut process = tokio::process::Command::new(local_stack::Binary::AuthService.path().unwrap());
    process.args(IMPORT).args(["--batch-size", "2"]).env_clear().envs(settings).kill_on_drop(true);
    let mut process = process.spawn().unwrap();
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted \
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
    while ours.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        assert!(tokio::time::Instant::now() < deadline, "it never came to carol");
        tokio::task::yield_now().await;
    }
    process.kill().await.unwrap();
    ours.batch_execute("SELECT pg_advisory_unlock(1); DROP TRIGGER hold ON passwords").await.unwrap();
    assert_eq!(counts(&ours).await, (2, 2, 2, 3), "the first batch and the key, and nothing of the second");

    let report = import.report(&["--batch-size", "2"]).await;
    assert_eq!((&report["users"]["copied"], &report["users"]["already_there"]), (&json!(3), &json!(2)));
    assert_eq!(counts(&ours).await, (5, 5, 5, 3));
}

#[tokio::test]
async fn tables_and_columns_may_have_other_names() {
    let options = json!({
        "user": {"modelName": "users", "fields": {"emailVerified": "email_verified", "createdAt": "created at"}},
        "session": {"modelName": "user_sessions", "fields": {"userId": "owner"}},
        "account": {"modelName": "logins"},
    });
    let import = Import::of(&json!({"secret": SECRET, "users": users(&["alice"]), "options": options})).await;
    let unnamed = import.refused(&[], &[]).await;
    assert!(unnamed.contains("no table \"user\"") && unnamed.contains("--table user=NAME"), "{unnamed}");
    let tables =
        ["--table", "user=users", "--table", "session=public.user_sessions", "--table", "account=logins"];
    let unnamed = import.refused(&tables, &[]).await;
    assert!(unnamed.contains("has no column") && unnamed.contains("=NAME"), "{unnamed}");
    let columns = [
        "--column",
        "user.emailVerified=email_verified",
        "--column",
        "user.createdAt=created at",
        "--column",
        "session.userId=owner",
    ];
    let report = import.report(&[&tables[..], &columns[..]].concat()).await;
    assert_eq!((&report["users"]["copied"], &report["sessions"]["copied"]), (&json!(1), &json!(1)));
}

/// Better Auth itself creates no such rows, but manual changes, older versions and plugins do.
#[tokio::test]
async fn invalid_accounts_are_skipped_and_reported() {
    let import = Import::of_users(&["alice", "bob", "carol"]).await;
    let long = format!("{}@example.com", "x".repeat(243));
    let insert = |id: &str, email: &str| {
        format!(
            "INSERT INTO \"user\" (id, name, email, \"emailVerified\", \"createdAt\", \"updatedAt\") \
             VALUES ('{id}', 'X', '{email}', false, '2020-01-01', '2020-01-01');"
        )
    };
    let mut sql = [
        insert("upper", "ALICE@example.com"),
        insert("no id", "no-id@example.com"),
        insert("me", "me@example.com"),
        insert("long", &long),
        insert("shape", "nonsense"),
        insert("banned", "banned@example.com"),
        insert("pardoned", "pardoned@example.com"),
        insert("google", "google@example.com"),
        insert("md5", "md5@example.com"),
        insert("dear", "dear@example.com"),
        insert("endless", "endless@example.com"),
    ]
    .concat();
    let account = |user: &str, provider: &str, password: &str| {
        format!(
            "INSERT INTO account (id, \"accountId\", \"providerId\", \"userId\", password, \"createdAt\", \"updatedAt\") \
             VALUES (gen_random_uuid(), '{user}', '{provider}', '{user}', {password}, now(), now());"
        )
    };
    sql += &account("google", "google", "NULL");
    sql += &account("md5", "credential", "'5f4dcc3b5aa765d61d8327deb882cf99'");
    sql += &account("dear", "credential", &format!("'$2b$31${}'", ".".repeat(53)));
    sql += "ALTER TABLE \"user\" ADD banned boolean, ADD \"banReason\" text, ADD \"banExpires\" timestamptz;
            UPDATE \"user\" SET banned = true WHERE id IN ('banned', 'pardoned');
            UPDATE \"user\" SET \"banExpires\" = '2020-01-01' WHERE id = 'pardoned';
            UPDATE \"user\" SET \"banReason\" = 'spam', \"banExpires\" = '2999-01-02' WHERE id = 'banned';
            UPDATE \"user\" SET banned = true WHERE name = 'carol';
            UPDATE \"user\" SET \"updatedAt\" = 'infinity' WHERE id = 'endless';
            UPDATE session SET \"expiresAt\" = now() WHERE \"userId\" = (SELECT id FROM \"user\" WHERE name = 'bob');";
    import.source().await.batch_execute(&sql).await.unwrap();

    let dry = import.report(&["--dry-run", "--batch-size", "3"]).await;
    let report = import.report(&["--batch-size", "3"]).await;
    for section in ["users", "passwords", "sessions", "linked_accounts", "fields", "other_providers"] {
        assert_eq!(report[section], dry[section], "a dry run reports the same");
    }
    assert_eq!((&report["users"]["copied"], &report["users"]["banned"]), (&json!(8), &json!(2)));
    assert_eq!(
        report["users"]["skipped"],
        json!({
            "email_taken": ["upper"],
            "id_does_not_fit": ["me", "no id"],
            "email_too_long": ["long"],
            "email_does_not_fit": ["shape"],
            "unreadable": ["endless"],
        })
    );
    assert_eq!(
        report["users"]["noted"],
        json!({"no_password": ["banned", "pardoned"], "password_unknown": ["md5"], "password_too_costly": ["dear"]})
    );
    assert_eq!(report["linked_accounts"], json!({"copied": {"google": 1}, "lost_tokens": 0, "skipped": {}}));
    assert_eq!(report["other_providers"], json!({"google": 1}), "SOCIAL_PROVIDERS does not name it");
    assert_eq!(report["sessions"], json!({"copied": 1, "already_there": 0, "expired": 1}), "carol is banned");

    let client = connect(&import.database.superuser_url()).await;
    let sql = "SELECT ban_reason, banned_until::text FROM users WHERE id = 'banned'";
    let ban = client.query_one(sql, &[]).await.unwrap();
    assert_eq!(ban.get::<_, &str>(0), "spam");
    assert!(ban.get::<_, &str>(1).starts_with("2999-01-02 "));
    let row = client.query_one("SELECT id FROM users WHERE email = 'alice@example.com'", &[]).await.unwrap();
    assert_eq!(
        row.get::<_, &str>(0),
        import.held["users"][0]["id"],
        "the user who could sign in there is imported"
    );
}

#[tokio::test]
async fn a_deployment_without_tables_for_sessions_and_keys_is_imported() {
    let import = Import::of_users(&["alice"]).await;
    import.source().await.batch_execute("DROP TABLE session; DROP TABLE jwks").await.unwrap();
    let report = import.report(&[]).await;
    assert_eq!((&report["users"]["copied"], &report["sessions"]["copied"]), (&json!(1), &json!(0)));
    let missing = import.refused(&["--table", "jwks=keys"], &[]).await;
    assert!(missing.contains("no table \"keys\""), "{missing}");
}

/// A read-only role suffices, and the transaction cannot write with any role.
#[tokio::test]
async fn the_source_is_only_read() {
    let import = Import::of_users(&["alice"]).await;
    let source = import.source().await;
    let trap = "CREATE FUNCTION trap(text) RETURNS text LANGUAGE plpgsql VOLATILE AS \
                $$ BEGIN DELETE FROM session; RETURN $1; END $$; \
                ALTER TABLE \"user\" RENAME TO hidden; \
                CREATE VIEW \"user\" AS SELECT id, trap(name) AS name, email, \"emailVerified\", image, \"createdAt\", \
                \"updatedAt\" FROM hidden";
    source.batch_execute(trap).await.unwrap();
    let refused = import.refused(&[], &[]).await;
    assert!(refused.contains("read-only transaction"), "{refused}");
    let left: i64 = source.query_one("SELECT count(*) FROM session", &[]).await.unwrap().get(0);
    assert_eq!(left, 1);
}
