//! Each migration, with rows of all versions before.

use auth_service::migrations::runner;
use local_stack::databases::connect;
use local_stack::testing::{TestDatabase, auth_env, migrate_with_rows};
use local_stack::{Binary, Service, run_to_end};
use refinery::Target;
use reqwest::Client;
use serde_json::{Value, json};
use service_kit::database::{DatabaseUrl, MIGRATION_LOCK_TIMEOUT, MigrateOptions};

use crate::support::{Answer, PASSWORD};

/// The links that V8 deletes, because the session that asked for them is not known.
const WITHOUT_SESSION: [&str; 3] = ["confirm-email-change", "change-email", "delete-user"];

/// An empty database with each migration applied, and the rows of the fixtures.
async fn migrated() -> TestDatabase {
    let database = TestDatabase::empty_auth().await;
    let owner = database.owner_url().into();
    let owner = DatabaseUrl::parse("MIGRATION_DATABASE_URL", &owner, "test").unwrap();
    let migrate_to = async |version: u32| {
        let runner = runner().set_target(Target::Version(version.try_into().unwrap()));
        owner.migrate(runner, MIGRATION_LOCK_TIMEOUT, MigrateOptions::default()).await.unwrap();
    };
    let removes = |version, table: &str, row: &Value| {
        version == 8
            && table == "verifications"
            && row["purpose"].as_str().is_some_and(|purpose| WITHOUT_SESSION.contains(&purpose))
    };
    let newest = runner().get_migrations().len().try_into().unwrap();
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/migrations");
    migrate_with_rows(&database, fixtures.as_ref(), newest, migrate_to, removes).await;
    database
}

#[tokio::test]
async fn each_migration_keeps_the_rows_of_the_versions_before_and_the_service_goes_on_with_them() {
    let database = migrated().await;
    // Keys that no secret opens stop the start.
    let superuser = connect(&database.superuser_url()).await.unwrap();
    superuser.batch_execute("DELETE FROM signing_keys").await.unwrap();
    let mut service = Service::spawn(Binary::AuthService, auth_env(&database)).await.unwrap();
    service.wait_ready().await.unwrap();
    let api = format!("{}/api/auth", service.url());
    let session = "a session from the first version";
    let session = Answer::of(Client::new().get(format!("{api}/get-session")).bearer_auth(session)).await;
    assert_eq!(session.body["user"]["email"], "alice@example.com", "{session:?}");
    let body = json!({"email": "alice@example.com", "password": PASSWORD});
    let signed_in = Answer::of(Client::new().post(format!("{api}/sign-in/email")).json(&body)).await;
    assert_eq!(signed_in.status, 200, "{signed_in:?}");
}

#[tokio::test]
async fn a_newer_schema_is_refused_by_migrate_unless_that_is_allowed_and_accepted_by_serve() {
    let database = TestDatabase::auth().await;
    let later = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) \
                 VALUES (99, 'later', '2030-01-01T00:00:00Z', '1')";
    connect(&database.superuser_url()).await.unwrap().batch_execute(later).await.unwrap();
    let run = |arguments| {
        run_to_end(Binary::AuthService, arguments, [("MIGRATION_DATABASE_URL", database.owner_url())])
    };
    let refused = run(&["migrate"]).await.unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let known = runner().get_migrations().len();
    let text = format!("at schema version 99, and this binary knows versions up to {known}");
    assert!(refused.stderr.iter().any(|line| line.contains(&text)), "{refused:?}");
    let allowed = run(&["migrate", "--allow-newer-schema"]).await.unwrap();
    assert!(allowed.status.success(), "{allowed:?}");
    let mut service = Service::spawn(Binary::AuthService, auth_env(&database)).await.unwrap();
    service.wait_ready().await.unwrap();
}
