//! What settings and database show.

use local_stack::databases::connect;
use local_stack::testing::{Pooler, PoolerOptions, TestDatabase, free_port};

use super::report::{diagnose, rows, run, settings};

/// Without the running service.
const INSIDE: &[&str] = &["--inside"];
/// 32 bytes that encrypted nothing.
const OTHER_KEY: &str = "2Zq0m4nHcV8y1sXw7uRkTbLpQdJgFhAeNvMzCiOxYUk=";

#[tokio::test]
async fn refused_mail() {
    let database = TestDatabase::auth().await;
    let url = format!("smtp://me:secret-of-mail@127.0.0.1:{}", free_port());
    let mail = [("MAIL_URL", url.as_str()), ("MAIL_FROM", "accounts@example.com")];
    let report = diagnose(&settings(&database, &mail), INSIDE).await;
    report.assert_faults(&["mail.server"], &["127.0.0.1", "refused", "MAIL_URL"]);
}

#[tokio::test]
async fn a_database_role_with_too_many_rights() {
    let database = TestDatabase::auth().await;
    for (url, right) in
        [(database.superuser_url(), "SUPERUSER"), (database.owner_url(), "ownership of the table")]
    {
        let report = diagnose(&settings(&database, &[("DATABASE_URL", &url)]), INSIDE).await;
        report.assert_faults(&["database.role"], &[right, "DATABASE_URL", "auth_service"]);
    }
}

#[tokio::test]
async fn a_transaction_pooler_that_is_not_declared() {
    let database = TestDatabase::auth().await;
    let pooler = Pooler::in_front_of(&database, PoolerOptions::default()).await;
    let url = pooler.url(&database.service_url());
    let report =
        diagnose(&settings(&database, &[("DATABASE_URL", &url), ("DATABASE_POOLER", "none")]), INSIDE).await;
    report.assert_faults(&["database.pooler"], &["DATABASE_POOLER=transaction"]);
    let declared = [("DATABASE_URL", url.as_str()), ("DATABASE_POOLER", "transaction")];
    assert_eq!(diagnose(&settings(&database, &declared), INSIDE).await.with("fault"), [""; 0]);
}

#[tokio::test]
async fn pending_migrations() {
    let database = TestDatabase::auth().await;
    let superuser = connect(&database.superuser_url()).await.unwrap();
    let remove = "DELETE FROM refinery_schema_history
                  WHERE version = (SELECT max(version) FROM refinery_schema_history)";
    superuser.batch_execute(remove).await.unwrap();
    let report = diagnose(&settings(&database, &[]), INSIDE).await;
    report.assert_faults(&["database.schema"], &["migrations are pending", "auth-service migrate"]);
}

#[tokio::test]
async fn a_signing_key_that_no_key_decrypts() {
    let database = TestDatabase::auth().await;
    let report = diagnose(&settings(&database, &[("KEY_ENCRYPTION_KEYS", OTHER_KEY)]), INSIDE).await;
    report.assert_faults(&["keys.signing"], &["KEY_ENCRYPTION_KEYS", "keys revoke"]);
}

#[tokio::test]
async fn settings_that_serve_refuses_and_an_unknown_option() {
    let database = TestDatabase::auth().await;
    let report = diagnose(&settings(&database, &[("AUTH_SECRETS", "short")]), INSIDE).await;
    report.assert_faults(&["settings"], &["AUTH_SECRETS"]);
    let finished = run(&settings(&database, &[]), &["--nonsense"]).await;
    assert_eq!(finished.status.code(), Some(2), "{finished:?}");
}

#[tokio::test]
async fn it_changes_nothing_in_the_database() {
    let database = TestDatabase::auth().await;
    let before = rows(&database).await;
    diagnose(&settings(&database, &[]), INSIDE).await;
    assert_eq!(rows(&database).await, before);
}
