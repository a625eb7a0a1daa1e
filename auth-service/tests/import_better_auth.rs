use local_stack::testing::{self, IdentityProvider, TestDatabase};
use serde_json::{Value, json};

use crate::import::{contents, counts, report, run, scheme, sign_in};
use crate::import_node::{SECRET, deployment, script};
use crate::support::{Answer, Auth, PASSWORD, connect};
use crate::two_factor::{App, Browser, assert_challenged};

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

/// The columns of Better Auth's plugin `username`, with rows that its API does not create.
#[tokio::test]
async fn usernames_are_imported_and_sign_in_and_those_that_cannot_be_are_reported() {
    let import = Import::of_users(&["alice", "bob", "carol"]).await;
    let sql = "ALTER TABLE \"user\" ADD username text, ADD \"displayUsername\" text;
               UPDATE \"user\" SET username = 'alice', \"displayUsername\" = 'Alice' WHERE name = 'alice';
               UPDATE \"user\" SET username = 'Alice' WHERE name = 'bob';
               UPDATE \"user\" SET username = 'no name' WHERE name = 'carol';";
    import.source().await.batch_execute(sql).await.unwrap();
    let id = |number: usize| import.held["users"][number]["id"].clone();
    let off = import.report(&["--dry-run"]).await;
    assert_eq!(off["users"]["noted"], json!({"username_not_enabled": [id(0), id(1), id(2)]}));
    assert_eq!(off["fields"]["unknown"], json!([]));
    let from = import.source.superuser_url();
    let on = [
        ("SOURCE_DATABASE_URL", from.as_str()),
        ("BETTER_AUTH_SECRET", SECRET),
        ("USERNAME_ENABLED", "true"),
    ];
    let dry = report(&import.database, &[&IMPORT[..], &["--dry-run"]].concat(), &on).await;
    let done = report(&import.database, &IMPORT, &on).await;
    let noted = json!({"username_taken": [id(1)], "username_unfit": [id(2)]});
    assert_eq!((&dry["users"]["noted"], &done["users"]["noted"]), (&noted, &noted));
    let auth = Auth::on(import.database, &[on[2]]).await;
    let body = json!({"username": "ALICE", "password": PASSWORD});
    let signed_in = auth.post("/sign-in/username", &body).await;
    assert_eq!(signed_in.body["user"]["displayUsername"], "Alice", "{signed_in:?}");
}

/// Apps and backup codes of the plugin `twoFactor` work as before. Whose second factor cannot be imported is reported.
#[tokio::test]
async fn second_factors_are_imported_and_those_that_cannot_be_are_reported() {
    let names = ["alice", "bob", "carol", "dave", "erin"];
    let mut users = users(&names);
    for (user, app) in ["confirmed", "started", "confirmed", "confirmed", "confirmed"].iter().enumerate() {
        users[user]["app"] = json!(app);
    }
    let import = Import::of(&json!({"secret": SECRET, "users": users, "twoFactor": {}})).await;
    // Codes by mail have no row; carol's backup codes were encrypted by a function of the deployment; erin's key is another's.
    let sql = "DELETE FROM \"twoFactor\" f USING \"user\" u WHERE u.id = f.\"userId\" AND u.name = 'dave';
               UPDATE \"twoFactor\" f SET \"backupCodes\" = 'own' FROM \"user\" u
               WHERE u.id = f.\"userId\" AND u.name = 'carol';
               UPDATE \"twoFactor\" f SET secret = 'own' FROM \"user\" u
               WHERE u.id = f.\"userId\" AND u.name = 'erin'";
    import.source().await.batch_execute(sql).await.unwrap();
    let held = import.held["users"].clone();
    let id = |number: usize| held[number]["id"].clone();
    let dry = import.report(&["--dry-run"]).await;
    let done = import.report(&[]).await;
    let noted = json!({"backup_codes_lost": [id(2)], "second_factor_by_mail": [id(3)], "second_factor_lost": [id(4)]});
    assert_eq!((&dry["users"]["noted"], &done["users"]["noted"]), (&noted, &noted));
    assert_eq!((&dry["users"]["second_factors"], &done["users"]["second_factors"]), (&json!(3), &json!(3)));

    let auth = import.serve().await;
    for (number, methods) in [(0, json!(["totp"])), (2, json!(["totp"])), (3, json!([]))] {
        let mut browser = Browser::new(&auth);
        let answer = browser.sign_in(names[number]).await;
        assert_challenged(&answer);
        assert_eq!(answer.body["twoFactorMethods"], methods, "{}", names[number]);
        let Some(uri) = held[number]["totpURI"].as_str().filter(|_| number != 3) else { continue };
        let code = json!({"code": App::scan(uri).code(0)});
        let verified = browser.post("/two-factor/verify-totp", &code).await;
        assert_eq!(
            (verified.status.as_u16(), browser.user().await),
            (200, Some(id(number).as_str().unwrap().into()))
        );
        let codes = browser.post("/two-factor/generate-backup-codes", &json!({"password": PASSWORD})).await;
        assert_eq!(codes.status, 200, "{codes:?}");
    }
    for number in [1, 4] {
        let mut browser = Browser::new(&auth);
        assert_eq!(browser.sign_in(names[number]).await.body["twoFactorRedirect"], Value::Null);
        assert!(browser.user().await.is_some(), "{}", names[number]);
    }
}

/// A backup code of the old deployment signs in once.
#[tokio::test]
async fn imported_backup_codes_sign_in_once() {
    let mut users = users(&["alice"]);
    users[0]["app"] = json!("confirmed");
    let import = Import::of(&json!({"secret": SECRET, "users": users, "twoFactor": {}})).await;
    let code = json!({"code": import.held["users"][0]["backupCodes"][0]});
    import.report(&[]).await;
    let auth = import.serve().await;
    for (status, attempt) in [(200, "first"), (401, "second")] {
        let mut browser = Browser::new(&auth);
        assert_challenged(&browser.sign_in("alice").await);
        let verified = browser.post("/two-factor/verify-backup-code", &code).await;
        assert_eq!(verified.status, status, "{attempt}: {verified:?}");
    }
}

/// Users sign in as before with what they had at the provider, and pages get its tokens.
#[tokio::test]
async fn linked_accounts_are_imported_with_their_tokens_and_sign_in() {
    let provider = IdentityProvider::start().await;
    let acme = |subject: &str| json!({"providerId": "acme", "accountId": subject});
    let mut first = acme("acme|1");
    first["scope"] = "openid,email profile".into();
    first["accessToken"] = "an access token".into();
    first["refreshToken"] = "a refresh token".into();
    first["accessTokenExpiresAt"] = "2999-01-02T00:00:00.000Z".into();
    let import = Import::of(&json!({
        "secret": SECRET,
        "options": {"account": {"encryptOAuthTokens": true}},
        "users": [
            {"name": "alice", "email": "alice@example.com", "accounts": [first]},
            {"name": "bob", "email": "bob@example.com", "password": PASSWORD,
             "accounts": [acme("acme|2"), {"providerId": "gone", "accountId": "2", "accessToken": "gone's token"}]},
            {"name": "carol", "email": "carol@example.com", "accounts": [acme("acme|2")]},
            {"name": "dave", "email": "dave@example.com", "password": PASSWORD, "accounts": [acme("acme|4"), acme("acme|5")]},
        ],
    }))
    .await;
    let id = |number: usize| import.held["users"][number]["id"].as_str().unwrap().to_owned();
    // Of another secret, and twice for one user.
    let other = format!("$ba$9${}", "0a".repeat(60));
    let changed = format!(
        "UPDATE account SET \"accessToken\" = '{other}' WHERE \"providerId\" = 'gone';
         UPDATE account SET \"accountId\" = 'acme|4' WHERE \"accountId\" = 'acme|5'"
    );
    import.source().await.batch_execute(&changed).await.unwrap();

    let from = import.source.superuser_url();
    let setting = provider.setting();
    let env = [
        ("SOURCE_DATABASE_URL", from.as_str()),
        ("BETTER_AUTH_SECRET", SECRET),
        ("SOCIAL_PROVIDERS", &setting),
    ];
    let without = [&env[..], &[("KEY_ENCRYPTION_KEYS", "")]].concat();
    let refused = run(&import.database, &[&IMPORT[..], &["--without-keys"]].concat(), &without).await;
    assert!(refused.stderr.join("").contains("KEY_ENCRYPTION_KEYS is not set"), "{refused:?}");
    let ours = connect(&import.database.superuser_url()).await;
    assert_eq!(
        counts(&ours).await.0,
        0,
        "nothing is imported before it is known that tokens can be encrypted"
    );

    // In one batch and in several, and without writing.
    for size in ["1", "500"] {
        let dry = [&IMPORT[..], &["--dry-run", "--batch-size", size]].concat();
        let dry = report(&import.database, &dry, &env).await;
        assert_eq!(dry["linked_accounts"]["copied"], json!({"acme": 3, "gone": 1}), "{size}");
        assert_eq!(dry["users"]["noted"], json!({"no_password": [id(2)]}));
    }
    let text = run(&import.database, &[&IMPORT[..], &["--batch-size", "1"]].concat(), &env).await;
    let text = text.stdout.join("\n");
    for part in [
        "linked     3 accounts at acme copied",
        "another user has the same account at the provider: 1 (",
        "tokens of 1 linked accounts cannot be decrypted",
        "SOCIAL_PROVIDERS does not name gone: 1 accounts there",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let stored = contents(&import.database).await;
    let again = report(&import.database, &IMPORT, &env).await;
    assert_eq!(
        (&again["users"]["already_there"], &again["linked_accounts"]["copied"]),
        (&json!(4), &json!({}))
    );
    assert_eq!(contents(&import.database).await, stored);

    let other = TestDatabase::auth().await;
    let taken = "INSERT INTO users VALUES ('erin', 'E', 'erin@example.com', true, NULL, now(), now());
                 INSERT INTO linked_accounts
                 VALUES (gen_random_uuid(), 'erin', 'acme', 'acme|1', '{}', '\\x00', NULL, NULL, now(), now())";
    connect(&other.superuser_url()).await.batch_execute(taken).await.unwrap();
    let dry = report(&other, &[&IMPORT[..], &["--dry-run"]].concat(), &env).await;
    let done = report(&other, &IMPORT, &env).await;
    let expected = json!({
        "copied": {"acme": 2, "gone": 1},
        "lost_tokens": 1,
        "skipped": {
            "taken": [format!("{}: acme", id(0)), format!("{}: acme", id(2))],
            "repeated": [format!("{}: acme", id(3))],
        },
    });
    assert_eq!((&done["linked_accounts"], &dry["linked_accounts"]), (&expected, &expected));
    assert_eq!(done["users"]["noted"], json!({"no_password": [id(0), id(2)]}));
    assert_eq!(done["other_providers"], json!({"gone": 1}));

    let (alice, keys) = (id(0), import.database.secrets().key_encryption_keys.clone());
    let auth =
        Auth::on(import.database, &[("SOCIAL_PROVIDERS", &setting), ("KEY_ENCRYPTION_KEYS", &keys)]).await;
    let sql = "SELECT id::text, scopes, access_token_expires_at::text FROM linked_accounts WHERE subject = 'acme|1'";
    let row = auth.superuser().await.query_one(sql, &[]).await.unwrap();
    assert_eq!(row.get::<_, Vec<String>>(1), ["openid", "email", "profile"]);
    assert!(row.get::<_, &str>(2).starts_with("2999-01-02 "));
    let plain = "SELECT count(*) FROM linked_accounts WHERE position('access token'::bytea IN tokens) > 0";
    assert_eq!(auth.superuser().await.query_one(plain, &[]).await.unwrap().get::<_, i64>(0), 0);
    let link: String = row.get(0);
    // The email at the provider is another one: the account decides who signs in.
    let person = json!({"sub": "acme|1", "email": "new@example.com"});
    let begun = auth.post("/sign-in/social", &json!({"provider": "acme", "callbackURL": "/there"})).await;
    let entered = crate::social::come_back(&auth, &provider, &begun, &person).await;
    let cookie = crate::social::session_cookie(&entered);
    assert_eq!(crate::social::get(&auth, &cookie, "/get-session").await.body["user"]["id"], alice);
    // The token that was imported is the one that the next sign-in replaces.
    let tokens = crate::social::post(&auth, &cookie, "/get-access-token", &json!({"accountId": link})).await;
    assert_eq!(tokens.status, 200, "{tokens:?}");
}

/// The token of the old deployment, which a page gets without going to the provider.
#[tokio::test]
async fn imported_tokens_are_usable_before_anybody_signs_in_again() {
    let provider = IdentityProvider::start().await;
    let account = json!({
        "providerId": "acme", "accountId": "acme|1", "accessToken": "an old token",
        "accessTokenExpiresAt": "2999-01-02T00:00:00.000Z",
    });
    let user =
        json!({"name": "alice", "email": "alice@example.com", "password": PASSWORD, "accounts": [account]});
    for encrypted in [false, true] {
        let options = json!({"account": {"encryptOAuthTokens": encrypted}});
        let import = Import::of(&json!({"secret": SECRET, "users": [user], "options": options})).await;
        let done = import.report(&[]).await;
        assert_eq!(done["linked_accounts"]["lost_tokens"], 0);
        let setting = provider.setting();
        let auth = Auth::on(import.database, &[("SOCIAL_PROVIDERS", &setting)]).await;
        let answer =
            auth.post("/sign-in/email", &json!({"email": "alice@example.com", "password": PASSWORD})).await;
        let cookie = crate::social::session_cookie(&answer);
        let accounts = crate::social::get(&auth, &cookie, "/list-accounts").await.body;
        let linked =
            accounts.as_array().unwrap().iter().find(|account| account["providerId"] == "acme").unwrap();
        assert_eq!(linked["accountId"], "acme|1");
        let tokens =
            crate::social::post(&auth, &cookie, "/get-access-token", &json!({"accountId": linked["id"]}))
                .await;
        assert_eq!(tokens.body["accessToken"], "an old token", "{tokens:?}");
    }
}

#[tokio::test]
async fn additional_fields_are_imported_if_they_are_described() {
    let described = r#"{
        "role": {"type": ["user", "admin"], "defaultValue": "user", "input": false},
        "company": {"type": "string", "maxLength": 8},
        "age": {"type": "number"}, "member": {"type": "boolean"}, "born": {"type": "date"}, "tags": {"type": "string[]"},
        "absent": {"type": "string"}
    }"#;
    let additional = json!({
        "company": {"type": "string", "required": false, "fieldName": "company_name"},
        "age": {"type": "number", "required": false}, "member": {"type": "boolean", "required": false},
        "born": {"type": "date", "required": false}, "tags": {"type": "string[]", "required": false},
        "secretive": {"type": "string", "required": false},
    });
    let mut users = users(&["alice", "bob", "carol"]);
    let values = json!({
        "company": "ACME", "age": 42, "member": false, "born": "2000-01-02T03:04:05.678Z", "tags": ["a", "b, c"],
        "secretive": "x",
    });
    users[0].as_object_mut().unwrap().extend(values.as_object().unwrap().clone());
    users[1]["company"] = "longer than eight".into();
    let options = json!({"user": {"additionalFields": additional}});
    let import =
        Import::of(&json!({"secret": SECRET, "users": users, "options": options, "admin": true})).await;
    let id = |number: usize| import.held["users"][number]["id"].as_str().unwrap().to_owned();
    let roles = "UPDATE \"user\" SET role = 'admin' WHERE name = 'alice';
                 UPDATE \"user\" SET role = 'admin,owner' WHERE name = 'bob';
                 UPDATE \"user\" SET role = NULL WHERE name = 'carol'";
    import.source().await.batch_execute(roles).await.unwrap();

    let undescribed = import.report(&["--dry-run"]).await;
    let unknown = json!(["age", "born", "company_name", "member", "role", "secretive", "tags"]);
    assert_eq!(
        undescribed["fields"],
        json!({"copied": {}, "skipped": {}, "missing": [], "unknown": unknown})
    );

    let from = import.source.superuser_url();
    let env =
        [("SOURCE_DATABASE_URL", from.as_str()), ("BETTER_AUTH_SECRET", SECRET), ("USER_FIELDS", described)];
    let arguments = [&IMPORT[..], &["--column", "user.company=company_name"]].concat();
    let dry = report(&import.database, &[&arguments[..], &["--dry-run"]].concat(), &env).await;
    let done = report(&import.database, &arguments, &env).await;
    let expected = json!({
        "copied": {"role": 1, "company": 1, "age": 1, "member": 1, "born": 1, "tags": 1},
        "skipped": {"role": [id(1)], "company": [id(1)]},
        "missing": ["absent"],
        "unknown": ["secretive"],
    });
    assert_eq!((&done["fields"], &dry["fields"]), (&expected, &expected));
    assert_eq!(done["users"]["copied"], 3);

    let auth = Auth::on(import.database, &[("USER_FIELDS", described)]).await;
    let answer =
        auth.post("/sign-in/email", &json!({"email": "alice@example.com", "password": PASSWORD})).await;
    let user = &answer.body["user"];
    let shown = ["role", "company", "age", "member", "born", "tags", "absent"].map(|name| user[name].clone());
    let tags = json!(["a", "b, c"]);
    assert_eq!(json!(shown), json!(["admin", "ACME", 42, false, "2000-01-02T03:04:05.678Z", tags, null]));
    let stored = "SELECT count(*) FROM users WHERE fields IS NULL";
    let without: i64 = auth.superuser().await.query_one(stored, &[]).await.unwrap().get(0);
    assert_eq!(without, 2, "bob and carol");
}

#[tokio::test]
async fn keys_of_other_algorithms_are_published_or_skipped_and_a_wrong_secret_is_reported() {
    let import = Import::of(&json!({"secret": SECRET, "users": users(&["alice"]), "jwt": {}})).await;
    let kid = import.held["jwks"]["keys"][0]["kid"].as_str().unwrap().to_owned();
    let left = import.report(&["--dry-run", "--rs256-only"]).await;
    assert_eq!(left["keys"]["skipped"], json!({kid.as_str(): "not RS256"}));
    let jwt = import.held["users"][0]["jwt"].as_str().unwrap().to_owned();
    let report = import.report(&["--publish-keys-for", "1h"]).await;
    let copied = &report["keys"]["copied"][0];
    assert_eq!((&copied["algorithm"], &copied["private_half"]), (&json!("EdDSA"), &json!(false)));
    let auth = import.serve().await;
    let arguments = [&auth.url("/.well-known/jwks.json"), jwt.as_str(), "http://auth.example.com"];
    script("verify-token.mjs", &arguments, &[]).await.unwrap();

    let import = Import::of_users(&["alice"]).await;
    let empty = contents(&import.database).await;
    let wrong = import.refused(&[], &[("BETTER_AUTH_SECRET", "a secret of somebody else")]).await;
    assert!(wrong.contains("BETTER_AUTH_SECRET does not decrypt key"), "{wrong}");
    assert!(!wrong.contains("somebody else"));
    let none = import.refused(&[], &[("KEY_ENCRYPTION_KEYS", "")]).await;
    assert!(none.contains("KEY_ENCRYPTION_KEYS is not set"), "{none}");
    assert_eq!(contents(&import.database).await, empty, "nothing is imported with a wrong secret");
    let from = import.source.superuser_url();
    let public = report_without_secret(&import.database, &from).await;
    assert_eq!(public["keys"]["copied"][0]["private_half"], false);
}

async fn report_without_secret(database: &TestDatabase, from: &str) -> Value {
    report(database, &[&IMPORT[..], &["--from", from]].concat(), &[]).await
}

#[tokio::test]
async fn a_plain_key_is_imported_with_its_private_half_and_an_expired_one_is_skipped() {
    let jwt = json!({"jwks": {"keyPairConfig": {"alg": "RS256"}, "disablePrivateKeyEncryption": true}});
    let import = Import::of(&json!({"secret": SECRET, "users": users(&["alice"]), "jwt": jwt})).await;
    let source = import.source().await;
    let copy = "INSERT INTO jwks (id, \"publicKey\", \"privateKey\", \"createdAt\", \"expiresAt\", alg) \
                SELECT 'old', \"publicKey\", \"privateKey\", \"createdAt\", now() - interval '31 days', alg FROM jwks; \
                INSERT INTO jwks (id, \"publicKey\", \"privateKey\", \"createdAt\", alg) \
                VALUES ('odd', '{\"kty\":\"oct\"}', '{}', now(), 'HS256')";
    source.batch_execute(copy).await.unwrap();
    let report = import.report(&[]).await;
    let copied = report["keys"]["copied"].as_array().unwrap();
    assert_eq!((copied.len(), &copied[0]["private_half"]), (1, &json!(true)));
    let skipped = json!({
        "old": "expired, and its grace period is over",
        "odd": "the public key is not a JWK for signatures",
    });
    assert_eq!(report["keys"]["skipped"], skipped);
    let longer = import.report(&["--dry-run", "--key-grace", "744h30m"]).await;
    assert_eq!(longer["keys"]["copied"][0]["kid"], "old");
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
