//! Settings of mail that cannot be meant stop the start.

use local_stack::testing::{TestDatabase, auth_env};
use local_stack::{Binary, run_to_end};

async fn refusal(database: &TestDatabase, changes: &[(&str, &str)]) -> String {
    let mut env = auth_env(database);
    env.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let finished = run_to_end(Binary::AuthService, &["serve"], env).await.unwrap();
    assert!(!finished.status.success(), "{changes:?} was accepted");
    assert_eq!(finished.stderr.len(), 1, "{:?}", finished.stderr);
    finished.stderr[0].clone()
}

#[tokio::test]
async fn a_bad_mail_setting_stops_the_start_and_is_named_without_the_password() {
    let database = TestDatabase::auth().await;
    let from = ("MAIL_FROM", "accounts@example.com");
    for (setting, changes) in [
        ("MAIL_URL", vec![("MAIL_URL", "hunter2"), from]),
        ("MAIL_URL", vec![("MAIL_URL", "smtps://u:hunter2@host/x"), from]),
        ("MAIL_URL", vec![("MAIL_URL", "smtp://u:hunter2@mail.example.com?tls=none"), from]),
        ("MAIL_URL", vec![("MAIL_URL", "file:///dev/null/hunter2"), from]),
        ("MAIL_URL_FILE", vec![("MAIL_URL_FILE", "/nowhere/url"), from]),
        ("MAIL_FROM", vec![("MAIL_URL", "smtps://u:hunter2@mail.example.com")]),
        ("MAIL_FROM", vec![("MAIL_URL", "smtps://u:hunter2@mail.example.com"), ("MAIL_FROM", "Example")]),
        (
            "MAIL_CA_FILE",
            vec![("MAIL_URL", "smtps://u:hunter2@host"), from, ("MAIL_CA_FILE", "/nowhere/ca.pem")],
        ),
        ("CHANGE_EMAIL_ENABLED", vec![("MAIL_URL", ""), ("CHANGE_EMAIL_ENABLED", "true")]),
    ] {
        let message = refusal(&database, &changes).await;
        assert!(message.contains(setting), "{changes:?}: {message}");
        assert!(!message.contains("u:hunter2"), "{message}");
    }
}
