//! Import from Supabase, and export.

use std::os::unix::fs::PermissionsExt;

use local_stack::testing::TestDatabase;
use local_stack::workspace;
use serde_json::{Value, json};

use crate::import::{Scratch, report, run, sign_in};
use crate::import_node::{SECRET, deployment, script};
use crate::support::{Auth, PASSWORD, connect, email};
use crate::two_factor::{Browser, assert_challenged, enroll};

/// Better Auth's own hash of `password123`.
pub const SCRYPT: &str = "2efb124f32c48d8ec42d7585426fe414:64e3feee69d3362db002bd5904b97bc2f8b892d965e3b62f47514cefa9b9b822cc24ceac45a22359e78517034f90d8700b61e59c93ba9b31833cf4563b98558f";
/// bcrypt of `abc`, of the test vectors of its authors.
pub const BCRYPT: &str = "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i";

#[tokio::test]
async fn users_of_a_supabase_project_are_imported() {
    let source = TestDatabase::empty_auth().await;
    let theirs = connect(&source.superuser_url()).await;
    // The columns that are read, with their types in Supabase.
    let table = "CREATE SCHEMA auth; CREATE TABLE auth.users (
        id uuid PRIMARY KEY, email varchar(255), encrypted_password varchar(255), email_confirmed_at timestamptz,
        raw_user_meta_data jsonb, created_at timestamptz, updated_at timestamptz, phone text,
        banned_until timestamptz, deleted_at timestamptz, is_anonymous boolean NOT NULL DEFAULT false)";
    theirs.batch_execute(table).await.unwrap();
    let rows = format!(
        "INSERT INTO auth.users
            (id, email, encrypted_password, email_confirmed_at, raw_user_meta_data, created_at, updated_at,
             banned_until, deleted_at, is_anonymous)
         VALUES
            ('00000000-0000-4000-8000-000000000001', 'one@example.com', '{BCRYPT}', now(),
             '{{\"full_name\": \"One\", \"avatar_url\": \"https://example.com/1.png\"}}', '2021-01-01', '2022-01-01',
             '2020-01-01', NULL, false),
            ('00000000-0000-4000-8000-000000000002', 'two@example.com', '', NULL, '{{\"name\": \"Two\"}}', now(), now(),
             NULL, NULL, false),
            ('00000000-0000-4000-8000-000000000003', 'banned@example.com', '{BCRYPT}', NULL, NULL, now(), now(),
             'infinity', NULL, false),
            ('00000000-0000-4000-8000-000000000004', 'deleted@example.com', '{BCRYPT}', NULL, NULL, now(), now(),
             NULL, now(), false),
            ('00000000-0000-4000-8000-000000000005', NULL, NULL, NULL, NULL, now(), now(), NULL, NULL, true),
            ('00000000-0000-4000-8000-000000000006', NULL, NULL, NULL, NULL, now(), now(), NULL, NULL, false)"
    );
    theirs.batch_execute(&rows).await.unwrap();

    let database = TestDatabase::auth().await;
    let from = source.superuser_url();
    let arguments = ["import", "supabase", "--from", &from];
    let done = report(&database, &arguments, &[]).await;
    assert_eq!((&done["users"]["copied"], &done["users"]["banned"]), (&json!(3), &json!(1)));
    let id = |number: u8| format!("00000000-0000-4000-8000-00000000000{number}");
    let skipped = json!({"deleted": [id(4)], "anonymous": [id(5)], "no_email": [id(6)]});
    assert_eq!(done["users"]["skipped"], skipped);
    assert_eq!(done["users"]["noted"], json!({"no_password": [id(2)]}));
    let again = report(&database, &arguments, &[]).await;
    assert_eq!((&again["users"]["copied"], &again["users"]["already_there"]), (&json!(0), &json!(3)));

    // An older version without these columns.
    theirs
        .batch_execute("ALTER TABLE auth.users DROP banned_until, DROP deleted_at, DROP is_anonymous")
        .await
        .unwrap();
    let older = TestDatabase::auth().await;
    assert_eq!(report(&older, &arguments, &[]).await["users"]["copied"], 4);

    let auth = Auth::on(database, &[]).await;
    let answer = auth.post("/sign-in/email", &json!({"email": "one@example.com", "password": "abc"})).await;
    assert_eq!(answer.status, 200);
    let user = &answer.body["user"];
    assert_eq!((&user["id"], &user["name"]), (&json!(id(1)), &json!("One")));
    assert_eq!((&user["emailVerified"], &user["image"]), (&json!(true), &json!("https://example.com/1.png")));

    // The hash of banned@example.com is that of one@example.com.
    assert_eq!(sign_in(&auth, "banned@example.com", "abc").await, 403);

    let none = TestDatabase::empty_auth().await;
    let finished = run(&auth.database, &["import", "supabase", "--from", &none.superuser_url()], &[]).await;
    assert!(finished.stderr.join("").contains("is it a Supabase project"), "{finished:?}");
}

/// An export and an import keep every password, also those of our own scheme, and every id.
#[tokio::test]
async fn an_export_is_imported_again_unchanged() {
    let auth = Auth::start().await;
    auth.user("alice").await;
    let long = "x".repeat(100);
    let body =
        json!({"name": "B, \"b\"", "email": email("bob"), "password": long, "image": "https://b.example/"});
    assert_eq!(auth.post("/sign-up/email", &body).await.status, 200);
    let client = auth.superuser().await;
    let foreign = "INSERT INTO users VALUES ('carol', '', 'carol@example.com', true, NULL, now(), now());
                   INSERT INTO passwords VALUES ('carol', $$HASH$$, 'better-auth-scrypt', now());
                   INSERT INTO users VALUES ('dave', 'D', 'dave@example.com', false, NULL, now(), now());
                   UPDATE users SET banned_at = now() - interval '1 day' WHERE id = 'dave';
                   UPDATE users SET fields = '{\"role\": \"admin\", \"tags\": [\"a, b\"], \"age\": 7.5}' WHERE id = 'carol';
                   UPDATE users SET fields = '{\"born\": \"2000-01-02T03:04:05.678Z\"}' WHERE id = 'dave';
                   INSERT INTO linked_accounts VALUES
                       (gen_random_uuid(), 'carol', 'google', '1\"2', '{openid,email}', '\\x00', now(), now(), now(), now()),
                       (gen_random_uuid(), 'carol', 'github', '7', '{}', '\\x00', NULL, NULL, now(), now()),
                       (gen_random_uuid(), 'dave', 'gone', '7', '{read:user}', '\\x00', NULL, NULL, now(), now());
                   UPDATE users SET banned_at = now(), banned_until = '2999-01-02', ban_reason = '\"x\", y' WHERE id = 'carol';
                   UPDATE users SET username = 'carol_1', display_username = 'Carol, \"C\"' WHERE id = 'carol';
                   UPDATE users SET username = 'dave' WHERE id = 'dave'";
    client.batch_execute(&foreign.replace("HASH", SCRYPT)).await.unwrap();

    let scratch = Scratch::new();
    let to = scratch.path("out");
    let finished = run(&auth.database, &["export", "--to", &to], &[]).await;
    assert!(finished.status.success(), "{finished:?}");
    let said = finished.stdout.join("\n");
    for part in [
        "users      4, 3 with",
        "bans       2",
        "linked     3 accounts at providers, without",
        "factors    0 users with a second factor",
        "fields     of 2 users",
        "1 passwords are longer than 72 bytes",
        "2 sessions",
        "2 public, 0 private",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let mut names: Vec<_> = std::fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "better-auth-account.csv",
            "better-auth-ban.csv",
            "better-auth-fields.csv",
            "better-auth-user.csv",
            "better-auth-username.csv",
            "jwks.json",
            "users.csv"
        ]
    );
    for name in &names {
        let path = std::path::Path::new(&to).join(name);
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{name:?}");
    }
    let again = run(&auth.database, &["export", "--to", &to], &[]).await;
    assert!(again.stderr[0].contains("not empty"), "nothing is overwritten: {again:?}");

    let elsewhere = TestDatabase::auth().await;
    let fields = r#"{"role": {"type": ["user", "admin"]}, "tags": {"type": "string[]"}, "age": {"type": "number"},
                     "born": {"type": "date"}}"#;
    let providers = r#"{"google": {"clientId": "a", "clientSecret": "b"}, "github": {"clientId": "a", "clientSecret": "b"}}"#;
    let env = [("USER_FIELDS", fields), ("SOCIAL_PROVIDERS", providers), ("USERNAME_ENABLED", "true")];
    let import = ["import", "csv", "--file", &format!("{to}/users.csv")];
    let dry = report(&elsewhere, &[&import[..], &["--dry-run"]].concat(), &env).await;
    let done = report(&elsewhere, &import, &env).await;
    assert_eq!((&done["users"]["copied"], &done["users"]["banned"]), (&json!(4), &json!(2)), "{done}");
    let linked = json!({"copied": {"gone": 1, "github": 1, "google": 1}, "lost_tokens": 0, "skipped": {}});
    assert_eq!((&done["linked_accounts"], &dry["linked_accounts"]), (&linked, &linked));
    assert_eq!(done["other_providers"], json!({"gone": 1}));
    assert_eq!(done["fields"]["copied"], json!({"age": 1, "born": 1, "role": 1, "tags": 1}));
    let other = Auth::on(elsewhere, &[]).await;
    let of_users = "SELECT string_agg(u::text, ' ' ORDER BY id) FROM users u";
    let of_passwords = "SELECT string_agg(user_id || hash || scheme, ' ' ORDER BY user_id) FROM passwords";
    // Not the tokens and their expiry, which are not exported.
    let of_links = "SELECT string_agg(concat_ws(' ', user_id, provider, subject, scopes::text, created_at, updated_at), ' '
                                      ORDER BY provider, subject) FROM linked_accounts";
    let there = other.superuser().await;
    let expiring = "SELECT count(*) FROM linked_accounts WHERE access_token_expires_at IS NOT NULL";
    assert_eq!(there.query_one(expiring, &[]).await.unwrap().get::<_, i64>(0), 0);
    for sql in [of_users, of_passwords, of_links] {
        let (before, after) =
            (client.query_one(sql, &[]).await.unwrap(), there.query_one(sql, &[]).await.unwrap());
        assert_eq!(before.get::<_, &str>(0), after.get::<_, &str>(0));
    }
    for (name, password) in [("alice", PASSWORD), ("bob", &long)] {
        assert_eq!(sign_in(&other, &email(name), password).await, 200, "{name}");
    }
    assert_eq!(sign_in(&other, &email("carol"), "password123").await, 403, "she is banned");
    there
        .batch_execute("UPDATE users SET banned_at = NULL, banned_until = NULL, ban_reason = NULL")
        .await
        .unwrap();
    assert_eq!(sign_in(&other, &email("carol"), "password123").await, 200);
}

/// An export has the keys of authenticator apps only if they are asked for. Without them, the import reports who lost theirs.
#[tokio::test]
async fn second_factors_are_exported_with_their_secrets_only_if_asked() {
    let auth = Auth::start().await;
    let (app, _) = enroll(&mut Browser::of_user(&auth, "alice").await).await;
    auth.user("bob").await;
    let client = auth.superuser().await;
    client.execute("UPDATE users SET two_factor = true WHERE name = 'bob'", &[]).await.unwrap();
    let scratch = Scratch::new();
    for (flags, exported, noted, copied) in [
        (
            &[][..],
            "2 users with a second factor, 0 keys",
            json!(["second_factor_by_mail", "second_factor_lost"]),
            1,
        ),
        (
            &["--with-secrets"],
            "2 users with a second factor, 1 keys",
            json!(["backup_codes_lost", "second_factor_by_mail"]),
            2,
        ),
    ] {
        let to = scratch.path(&format!("out{copied}"));
        let finished = run(&auth.database, &[&["export", "--to", &to][..], flags].concat(), &[]).await;
        let said = finished.stdout.join("\n");
        assert!(finished.status.success() && said.contains(exported), "{finished:?}");
        let elsewhere = TestDatabase::auth().await;
        let import = ["import", "csv", "--file", &format!("{to}/users.csv")];
        let done = report(&elsewhere, &import, &[]).await;
        assert_eq!(done["users"]["second_factors"], copied, "{done}");
        let reasons: Vec<&String> = done["users"]["noted"].as_object().unwrap().keys().collect();
        assert_eq!(json!(reasons), noted);
        let other = Auth::on(elsewhere, &[]).await;
        let mut browser = Browser::new(&other);
        let answer = browser.sign_in("alice").await;
        if flags.is_empty() {
            assert_eq!(answer.body["twoFactorRedirect"], Value::Null, "{answer:?}");
            continue;
        }
        assert_challenged(&answer);
        let verified = browser.post("/two-factor/verify-totp", &json!({"code": app.code(0)})).await;
        assert_eq!(verified.status, 200, "{verified:?}");
    }
}

/// SQL alone loads the files into the tables of Better Auth.
#[tokio::test]
async fn an_export_fits_the_tables_of_better_auth() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let client = auth.superuser().await;
    let carol = "INSERT INTO users VALUES ('carol', '', 'carol@example.com', true, NULL, now(), now());
                 INSERT INTO passwords VALUES ('carol', $$HASH$$, 'better-auth-scrypt', now());
                 INSERT INTO users VALUES ('dave', 'D', 'dave@example.com', false, NULL, now(), now());
                 UPDATE users SET banned_at = now(), ban_reason = 'spam' WHERE id = 'dave';
                 UPDATE users SET fields = '{\"role\": \"admin\"}' WHERE id = 'carol';
                 INSERT INTO linked_accounts VALUES
                     (gen_random_uuid(), 'dave', 'google', '7', '{openid,email}', '\\x00', NULL, NULL, now(), now())";
    client.batch_execute(&carol.replace("HASH", SCRYPT)).await.unwrap();
    let scratch = Scratch::new();
    let to = scratch.path("out");
    let finished = run(&auth.database, &["export", "--private-keys", "--to", &to], &[]).await;
    assert!(finished.status.success(), "{finished:?}");
    let pem = std::fs::read_to_string(format!("{to}/key-1-active.pem")).unwrap();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----"));
    let next = std::fs::read_to_string(format!("{to}/key-2-pending.pem")).unwrap();
    assert!(next.starts_with("-----BEGIN PRIVATE KEY-----") && next != pem);
    let private = std::fs::read_to_string(format!("{to}/private-jwks.json")).unwrap();
    assert!(
        private.contains("\"d\"")
            && !std::fs::read_to_string(format!("{to}/jwks.json")).unwrap().contains("\"d\"")
    );

    // Into an empty Better Auth.
    let theirs = TestDatabase::empty_auth().await;
    let plan = json!({"secret": SECRET, "users": []});
    deployment(&theirs.superuser_url(), &plan).await;
    let source = connect(&theirs.superuser_url()).await;
    source.batch_execute("DELETE FROM jwks").await.unwrap();
    // What its plugin `admin` adds, and the table of docs/MIGRATING.md.
    let plugin = "ALTER TABLE \"user\" ADD banned boolean, ADD \"banReason\" text, ADD \"banExpires\" timestamptz,
                      ADD role text;
                  CREATE TEMPORARY TABLE ban (\"userId\" text, \"banReason\" text, \"banExpires\" timestamptz);
                  CREATE TEMPORARY TABLE field (\"userId\" text, fields jsonb)";
    source.batch_execute(plugin).await.unwrap();
    let not_null = ", FORCE_NOT_NULL (name)";
    let files = [
        ("\"user\"", "user", 3, not_null),
        ("account", "account", 3, ""),
        ("jwks", "jwks", 1, ""),
        ("ban", "ban", 1, ""),
        ("field", "fields", 1, ""),
    ];
    for (table, name, rows, options) in files {
        let text = std::fs::read(format!("{to}/better-auth-{name}.csv")).unwrap();
        let header = String::from_utf8_lossy(&text).lines().next().unwrap().to_owned();
        let columns: Vec<String> = header.split(',').map(|column| format!("\"{column}\"")).collect();
        let copy = format!("COPY {table} ({}) FROM STDIN (FORMAT csv, HEADER{options})", columns.join(", "));
        let sink = source.copy_in::<_, actix_web::web::Bytes>(&copy).await.unwrap();
        let mut sink = std::pin::pin!(sink);
        futures_util::SinkExt::send(&mut sink, text.into()).await.unwrap();
        assert_eq!(sink.finish().await.unwrap(), rows, "{name}");
    }
    let document = std::fs::read_to_string(workspace::root().unwrap().join("docs/MIGRATING.md")).unwrap();
    for start in ["UPDATE \"user\" SET banned", "UPDATE \"user\" SET role"] {
        let update = document.lines().find(|line| line.starts_with(start)).unwrap();
        source.batch_execute(update).await.unwrap();
    }
    // A hash that was not replaced is still Better Auth's own, and tokens that it signs verify with our key.
    let plan = json!({
        "secret": SECRET,
        "jwt": {"jwks": {"keyPairConfig": {"alg": "RS256"}, "disablePrivateKeyEncryption": true}},
        "user": {"email": "carol@example.com", "password": "password123"},
    });
    let url = theirs.superuser_url();
    let signed_in = script("sign-in.mjs", &[&plan.to_string()], &[("DATABASE_URL", &url)]).await.unwrap();
    assert_eq!(signed_in["id"], "carol");
    let jwt = signed_in["jwt"].as_str().unwrap();
    let arguments = [&auth.url("/api/auth/jwks"), jwt, "http://auth.example.com"];
    script("verify-token.mjs", &arguments, &[]).await.unwrap();

    // Imported again from Better Auth: the same account, the same key.
    let back = TestDatabase::auth().await;
    connect(&back.superuser_url()).await.batch_execute("DELETE FROM signing_keys").await.unwrap();
    let fields = ("USER_FIELDS", r#"{"role": {"type": "string"}}"#);
    let done = report(&back, &["import", "better-auth", "--from", &url], &[fields]).await;
    assert_eq!(done["fields"]["copied"], json!({"role": 1}));
    assert_eq!(done["linked_accounts"]["copied"], json!({"google": 1}));
    let schemes = json!({"better-auth-scrypt": 1, "foreign-bcrypt": 1});
    assert_eq!((&done["users"]["copied"], &done["passwords"]), (&json!(3), &schemes));
    assert_eq!(done["users"]["banned"], 1);
    let jwks = auth.get("/jwks").await.body;
    assert_eq!(done["keys"]["copied"][0]["kid"], jwks["keys"][0]["kid"]);
    assert_eq!(done["keys"]["copied"][0]["private_half"], true);
    let back = Auth::on(back, &[]).await;
    let answer = back.post("/sign-in/email", &json!({"email": email("alice"), "password": PASSWORD})).await;
    assert_eq!((answer.status.as_u16(), &answer.body["user"]["id"]), (200, &alice.user["id"]));
}
