//! `auth-service doctor` and the mail server: it signs in and sends nothing.

use local_stack::testing::{TestDatabase, auth_env};
use local_stack::{Binary, run_to_end};
use serde_json::Value;

use super::server::{Certificates, MailServer, USER_INFO};

/// What the doctor finds with this `MAIL_URL`: status and message.
async fn found(database: &TestDatabase, certificates: &Certificates, url: &str) -> (String, String) {
    let mut env = auth_env(database);
    let authority = certificates.authority().display().to_string();
    for (name, value) in
        [("MAIL_URL", url), ("MAIL_FROM", "accounts@example.com"), ("MAIL_CA_FILE", &authority)]
    {
        env.insert(name.to_owned(), value.to_owned());
    }
    let finished = run_to_end(Binary::AuthService, &["doctor", "--inside", "--json"], env).await.unwrap();
    let findings: Value = serde_json::from_str(&finished.stdout.join("\n")).unwrap();
    let of_mail = findings.as_array().unwrap().iter().find(|finding| finding["check"] == "mail.server");
    let text = |name: &str| of_mail.unwrap()[name].as_str().unwrap().to_owned();
    (text("status"), text("message"))
}

#[tokio::test]
async fn the_doctor_signs_in_at_the_mail_server_and_sends_nothing() {
    let (database, certificates) = (TestDatabase::auth().await, Certificates::make());
    for tls in ["starttls", "implicit"] {
        let Some(mut server) = MailServer::start(&certificates.settings(tls)).await else { return };
        let url = |user: &str, host: &str| match tls {
            "implicit" => format!("smtps://{user}@{host}:{}", server.port),
            _ => format!("smtp://{user}@{host}:{}?tls=required", server.port),
        };
        let right = url(USER_INFO, "localhost");
        assert_eq!(found(&database, &certificates, &right).await.0, "ok", "{tls}");
        let (status, message) = found(&database, &certificates, &url("me:hunter2", "localhost")).await;
        assert_eq!((status.as_str(), message.contains("535")), ("fault", true), "{tls}: {message}");
        assert!(!message.contains("hunter2"), "{message}");
        // Its certificate is for another name.
        let (status, message) = found(&database, &certificates, &url(USER_INFO, "127.0.0.1")).await;
        assert_eq!((status.as_str(), message.contains("certificate")), ("fault", true), "{tls}: {message}");
        assert_eq!(server.event("credentials").await, true);
        assert_eq!(server.mails(), [Value::Null; 0], "{tls}");
    }
}
