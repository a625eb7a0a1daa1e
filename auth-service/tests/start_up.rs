use std::collections::HashSet;
use std::time::Duration;

use local_stack::testing::{self, TestDatabase, auth_env};
use local_stack::{Binary, Finished, Service, run_to_end};
use serde_json::Value;

use crate::support::{Answer, connect};

type Environment = Vec<(String, String)>;

/// The environment of a service that would start, but for the changes; an empty value leaves the variable out.
fn environment(database: &TestDatabase, changes: &[(&str, &str)]) -> Environment {
    let mut env: Environment = auth_env(database).into_iter().collect();
    for (name, value) in changes {
        env.retain(|(kept, _)| kept != name);
        if !value.is_empty() {
            env.push(((*name).to_owned(), (*value).to_owned()));
        }
    }
    env
}

async fn refused(database: &TestDatabase, changes: &[(&str, &str)]) -> Finished {
    let finished = run_to_end(Binary::AuthService, &["serve"], environment(database, changes)).await.unwrap();
    assert!(!finished.status.success(), "{changes:?} was accepted");
    finished
}

#[tokio::test]
async fn a_bad_setting_stops_the_start_and_is_named() {
    let database = TestDatabase::auth().await;
    let owner = database.owner_url();
    let (repeated, zeros) = ("r".repeat(40), format!("{}=", "A".repeat(43)));
    let short = "only-thirty-one-bytes-long-here";
    for (name, value) in [
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "nonsense"),
        ("AUTH_SECRETS", ""),
        ("AUTH_SECRETS", short),
        ("KEY_ENCRYPTION_KEYS", ""),
        ("AUTH_SECRETS", &repeated),
        ("KEY_ENCRYPTION_KEYS", "c2hvcnQ="),
        ("KEY_ENCRYPTION_KEYS", &zeros),
        ("BCRYPT_COST", "3"),
        ("BCRYPT_COST", "99"),
        ("JWT_TTL", "soon"),
        ("JWT_TTL", "0s"),
        ("KEY_ROTATION_INTERVAL", "25m"),
        ("KEY_ROTATION_INTERVAL", "-1h"),
        ("KEY_REFRESH_INTERVAL", "99ms"),
        ("KEY_REFRESH_INTERVAL", "25h"),
        ("STATUS_LIST_INTERVAL", "99ms"),
        ("STATUS_LIST_INTERVAL", "25h"),
        ("MAIL_POLL_INTERVAL", "99ms"),
        ("MAIL_POLL_INTERVAL", "31m"),
        ("MAIL_POLL_INTERVAL", "often"),
        ("RSA_KEY_BITS", "1024"),
        ("JWKS_MAX_AGE", "a while"),
        ("SESSION_TTL", "-1h"),
        ("JWT_AUDIENCE", "a,,b"),
        ("COOKIE_SAME_SITE", "none"),
        ("COOKIE_SAME_SITE", "sometimes"),
        ("COOKIE_HOST_PREFIX", "true"),
        ("SESSION_MAX_LIFETIME", "0s"),
        ("HSTS", "always"),
        ("TRUSTED_ORIGINS", "https://shop-*.vercel.app"),
        ("SEND_VERIFICATION_ON_SIGN_UP", "true"),
        ("SEND_VERIFICATION_ON_SIGN_IN", "true"),
        ("AUTO_SIGN_IN_AFTER_VERIFICATION", "perhaps"),
        ("VERIFICATION_LINK_TTL", "9m"),
        ("RESET_PASSWORD_LINK_TTL", "169h"),
        ("DELETE_USER_LINK_TTL", "soon"),
        ("RATE_LIMIT_MAX", "0"),
        ("RATE_LIMIT_WINDOW", "25h"),
        ("RATE_LIMIT_RULES", "/sign-in/*=5"),
        ("RATE_LIMIT_RULES", "/two-factors/*=5/10s"),
        ("CLIENT_ADDRESS_HEADERS", "forwarded"),
        ("DISABLED_PATHS", "/sign-in"),
        ("DISABLED_PATHS", "/sign-in/*"),
        ("TRUSTED_ORIGINS", "javascript:/"),
        ("TRUSTED_ORIGINS", "*"),
        ("TRUSTED_ORIGINS", "https://*.com"),
        ("COOKIE_DOMAIN", "com"),
        ("COOKIE_DOMAIN", "localhost"),
        ("COOKIE_DOMAIN", "example.com"),
        ("COOKIE_PREFIX", "a b"),
        ("SECURE_COOKIES", "perhaps"),
        ("PASSWORD_MIN_LENGTH", "0"),
        ("PASSWORD_MIN_LENGTH", "200"),
        ("PASSWORD_MAX_LENGTH", "5000"),
        ("USERNAME_ENABLED", "perhaps"),
        ("USERNAME_MIN_LENGTH", "0"),
        ("USERNAME_MAX_LENGTH", "101"),
        ("TWO_FACTOR_REQUIRED_FOR", "admin"),
        ("TWO_FACTOR_EXEMPT_WAYS", "password"),
        ("TWO_FACTOR_ISSUER", ":"),
        ("TWO_FACTOR_PAGE", "two-factor"),
        ("TRUSTED_DEVICE_TTL", "0s"),
        ("SESSION_UPDATE_AGE", "-1h"),
        ("SESSION_FRESH_AGE", "often"),
        ("JWT_CLAIMS", "all"),
        ("REQUIRE_EMAIL_VERIFICATION", "true"),
        ("CHANGE_EMAIL_ENABLED", "true"),
        ("BASE_URL", "localhost"),
        ("BASE_URL", "localhost:8081"),
        ("BASE_URL", "ftp://auth.example.com"),
        ("BASE_URL", "https://user:auth_owner:@auth.example.com"),
        ("BASE_URL", "https://auth.example.com/api/auth"),
        ("JWT_ISSUER", "https://user:auth_owner:@auth.example.com"),
        ("JWT_ISSUER", "https://auth.example.com/?a=b"),
        ("CORS_ALLOWED_HEADERS", "*"),
        ("CORS_ALLOWED_HEADERS", "x-a, cookie"),
        ("MIGRATION_DATABASE_URL_FILE", "/run/secrets/owner"),
        ("HASH_CONCURRENCY", "0"),
        ("MAX_CONNECTIONS", "0"),
        ("MIGRATION_DATABASE_URL", &owner),
        ("BIND", "localhost"),
        ("TRUSTED_PROXIES", "gateway"),
        ("RATE_LIMIT_ENABLED", "perhaps"),
    ] {
        let finished = refused(&database, &[(name, value)]).await;
        assert_eq!(finished.stderr.len(), 1, "{name}={value}: {:?}", finished.stderr);
        let message = &finished.stderr[0];
        assert!(message.contains(name.trim_end_matches("_FILE")), "{name}={value}: {message}");
        assert!(!message.contains(short) && !message.contains("auth_owner:"), "a secret shows: {message}");
        let changed = environment(&database, &[(name, value)]);
        let checked = run_to_end(Binary::AuthService, &["config", "check"], changed).await.unwrap();
        assert_eq!((checked.status, checked.stderr), (finished.status, finished.stderr), "{name}={value}");
    }
}

#[tokio::test]
async fn config_check_connects_to_nothing() {
    let database = TestDatabase::auth().await;
    // Nothing listens there.
    let away = environment(&database, &[("DATABASE_URL", "postgres://auth_service:secret@127.0.0.1:9/auth")]);
    let checked = run_to_end(Binary::AuthService, &["config", "check"], away).await.unwrap();
    assert!(checked.status.success(), "{:?}", checked.stderr);
    assert_eq!(checked.stdout, ["auth-service: settings ok"]);
}

#[tokio::test]
async fn a_database_that_will_not_have_us_is_refused_at_once() {
    if !testing::only_direct("PgBouncer's answer to a wrong password does not differ from that to an outage")
    {
        return;
    }
    let database = TestDatabase::auth().await;
    let wrong_password = "postgres://auth_service:wrong@";
    let other = database.service_url().split_once('@').unwrap().1.to_owned();
    let unknown = database.service_url().replace(database.name(), "no_such_database");
    let start = tokio::time::Instant::now();
    for url in [format!("{wrong_password}{other}"), unknown, "postgres://".to_owned()] {
        refused(&database, &[("DATABASE_URL", &url)]).await;
    }
    assert!(start.elapsed() < Duration::from_secs(15), "it waited for what does not pass");
}

#[tokio::test]
async fn a_database_that_is_not_up_yet_is_waited_for() {
    if !testing::only_direct("PgBouncer itself waits for its server") {
        return;
    }
    let cluster = testing::private_cluster().await;
    // The first start makes the key; the second finds the database away.
    testing::auth_service(cluster.auth(), &[]).await;
    cluster.kill().await;
    let start = Service::spawn(Binary::AuthService, auth_env(cluster.auth()));
    let (service, ()) = tokio::join!(start, cluster.start());
    let mut service = service.unwrap();
    service.wait_ready().await.unwrap();
    assert!(service.output().iter().any(|line| line.contains("waiting for the database")));
}

#[tokio::test]
async fn an_unmigrated_database_is_refused_with_the_command_to_run() {
    let database = TestDatabase::empty_auth().await;
    let finished = refused(&database, &[]).await;
    assert!(finished.stderr.join("").contains("auth-service migrate"), "{finished:?}");
}

#[tokio::test]
async fn a_key_that_does_not_open_stops_the_start() {
    let database = TestDatabase::auth().await;
    let other = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";
    let finished = refused(&database, &[("KEY_ENCRYPTION_KEYS", other)]).await;
    assert!(finished.stderr.join("").contains("KEY_ENCRYPTION_KEYS"), "{finished:?}");
    let both = format!("{other},{}", database.secrets().key_encryption_keys);
    testing::auth_service(&database, &[("KEY_ENCRYPTION_KEYS", &both)]).await;
}

/// `NAME_FILE=` in a compose file.
#[tokio::test]
async fn an_empty_path_counts_as_not_set() {
    let database = TestDatabase::auth().await;
    let files = [
        "DATABASE_URL_FILE",
        "MIGRATION_DATABASE_URL_FILE",
        "AUTH_SECRETS_FILE",
        "KEY_ENCRYPTION_KEYS_FILE",
        "MAIL_URL_FILE",
        "MAIL_CA_FILE",
    ];
    testing::auth_service(&database, &files.map(|name| (name, ""))).await;

    let env =
        [("MIGRATION_DATABASE_URL", database.owner_url()), ("MIGRATION_DATABASE_URL_FILE", String::new())];
    let migrated = run_to_end(Binary::AuthService, &["migrate"], env).await.unwrap();
    assert!(migrated.status.success(), "{migrated:?}");

    let mut env = environment(&database, &[]);
    env.extend(files.map(|name| (name.to_owned(), String::new())));
    let listed = run_to_end(Binary::AuthService, &["keys", "list"], env).await.unwrap();
    assert!(listed.status.success(), "{listed:?}");
}

#[tokio::test]
async fn secrets_come_from_files_too() {
    let database = TestDatabase::auth().await;
    let directory = std::env::temp_dir().join(database.name());
    std::fs::create_dir(&directory).unwrap();
    let mut changes: Vec<(String, String)> = Vec::new();
    for (name, value) in environment(&database, &[]) {
        if ["DATABASE_URL", "AUTH_SECRETS", "KEY_ENCRYPTION_KEYS"].contains(&name.as_str()) {
            let path = directory.join(&name);
            std::fs::write(&path, format!("{value}\n")).unwrap();
            changes.push((format!("{name}_FILE"), path.display().to_string()));
            changes.push((name, String::new()));
        }
    }
    let changes: Vec<(&str, &str)> =
        changes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut service = Service::spawn(Binary::AuthService, environment(&database, &changes)).await.unwrap();
    service.wait_ready().await.unwrap();
    std::fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn two_replicas_starting_at_once_on_an_empty_database_make_one_key_and_its_successor() {
    let database = TestDatabase::empty_auth().await;
    let migrate = || {
        let env = [("MIGRATION_DATABASE_URL", database.owner_url())];
        run_to_end(Binary::AuthService, &["migrate"], env)
    };
    // Migrating twice at once is safe too.
    let (one, two) = tokio::join!(migrate(), migrate());
    for finished in [one.unwrap(), two.unwrap()] {
        assert!(finished.status.success(), "{finished:?}");
    }
    let start = || Service::spawn(Binary::AuthService, environment(&database, &[]));
    let (one, two) = tokio::join!(start(), start());
    let (mut one, mut two) = (one.unwrap(), two.unwrap());
    let (one_ready, two_ready) = tokio::join!(one.wait_ready(), two.wait_ready());
    one_ready.unwrap();
    two_ready.unwrap();

    let mut kids = HashSet::new();
    for service in [&one, &two] {
        let jwks =
            Answer::of(reqwest::Client::new().get(format!("{}/api/auth/jwks", service.url()))).await.body;
        let keys = jwks["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 2);
        kids.insert([&keys[0], &keys[1]].map(|key| key["kid"].as_str().unwrap().to_owned()));
    }
    assert_eq!(kids.len(), 1, "both replicas sign with one key, and the same one is next");
    let client = connect(&database.superuser_url()).await;
    let rows = client.query("SELECT kid, status, private_key FROM signing_keys", &[]).await.unwrap();
    let statuses: HashSet<&str> = rows.iter().map(|row| row.get("status")).collect();
    assert_eq!((rows.len(), statuses), (2, HashSet::from(["active", "pending"])));
    // A PKCS#8 document in the clear would name its algorithm.
    let rsa_oid = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    for row in rows {
        let sealed: Vec<u8> = row.get("private_key");
        assert!(!sealed.windows(rsa_oid.len()).any(|window| window == rsa_oid), "keys are encrypted at rest");
    }
}

#[tokio::test]
async fn the_service_role_can_do_no_more_than_it_must() {
    let database = TestDatabase::auth().await;
    let client = connect(&database.service_url()).await;
    for forbidden in [
        "DROP TABLE users",
        "TRUNCATE sessions",
        "TRUNCATE limits",
        "CREATE TABLE mine (a int)",
        "UPDATE signing_keys SET kid = 'mine'",
        "UPDATE signing_keys SET created_at = now()",
        "TRUNCATE signing_keys",
        "DELETE FROM refinery_schema_history",
        "ALTER TABLE users DROP CONSTRAINT users_email_key",
    ] {
        let error = client.batch_execute(forbidden).await.unwrap_err();
        assert_eq!(error.code().unwrap().code(), "42501", "{forbidden}");
    }
}

#[tokio::test]
async fn it_stops_when_told_and_lets_requests_end() {
    let database = TestDatabase::auth().await;
    let mut service = testing::auth_service(&database, &[]).await;
    let url = service.url().to_owned();
    let status = service.terminate().await.unwrap();
    assert!(status.success(), "{status}");
    assert!(reqwest::get(format!("{url}/healthz")).await.is_err());
}

#[tokio::test]
async fn the_health_check_tells_by_its_exit_code() {
    let database = TestDatabase::auth().await;
    let mut service = testing::auth_service(&database, &[]).await;
    let bind = service.url().trim_start_matches("http://").to_owned();
    let check = || run_to_end(Binary::AuthService, &["healthcheck"], [("BIND", bind.clone())]);
    assert!(check().await.unwrap().status.success());
    service.kill().await.unwrap();
    let finished = check().await.unwrap();
    assert!(!finished.status.success());
    assert!(finished.stderr.join("").contains("not ready"), "{finished:?}");
}

#[tokio::test]
async fn help_lists_every_setting() {
    testing::build_binaries().await.unwrap();
    let finished =
        run_to_end(Binary::AuthService, &["--help"], [("AUTH_SECRETS", "not-to-be-shown")]).await.unwrap();
    let help = finished.stdout.join("\n");
    for setting in [
        "DATABASE_URL",
        "AUTH_SECRETS",
        "KEY_ENCRYPTION_KEYS",
        "BCRYPT_COST",
        "JWT_TTL",
        "MIGRATION_DATABASE_URL",
    ] {
        assert!(help.contains(setting), "{setting}");
    }
    assert!(!help.contains("not-to-be-shown"));
}

#[tokio::test]
async fn the_log_is_one_json_object_a_line() {
    let database = TestDatabase::auth().await;
    let mut service = testing::auth_service(&database, &[("LOG_FORMAT", "json")]).await;
    let listening = |line: &str| line.contains("\"listening\"");
    service.wait_for_line(listening, Duration::from_secs(10)).await.unwrap();
    for line in service.output() {
        serde_json::from_str::<Value>(&line).unwrap();
    }
}
