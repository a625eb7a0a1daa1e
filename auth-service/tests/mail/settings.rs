//! Settings of mail that cannot be meant stop the start; what they lead to is in the log.

use local_stack::testing::{self, TestDatabase, auth_env};
use local_stack::{Binary, run_to_end};
use serde_json::Value;

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
        (
            "NOTIFICATION_MAILS",
            vec![("MAIL_URL", "smtps://u:hunter2@host"), from, ("NOTIFICATION_MAILS", "new-devices")],
        ),
        ("CHANGE_EMAIL_ENABLED", vec![("MAIL_URL", ""), ("CHANGE_EMAIL_ENABLED", "true")]),
    ] {
        let message = refusal(&database, &changes).await;
        assert!(message.contains(setting), "{changes:?}: {message}");
        assert!(!message.contains("u:hunter2"), "{message}");
    }
}

/// What a service with these settings logs about mail by the time it is ready: level and message.
async fn said_of_mail(changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let database = TestDatabase::auth().await;
    let service = testing::auth_service(&database, changes).await;
    let lines = service.output().into_iter().map(|line| serde_json::from_str::<Value>(&line).unwrap());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let said = lines.map(|line| (text(&line["level"]), text(&line["fields"]["message"])));
    said.filter(|(_, message)| message.contains("mail") || message.contains("MAIL")).collect()
}

#[tokio::test]
async fn the_log_says_whether_mail_is_off_and_what_turns_it_on() {
    let directory = std::env::temp_dir().join(format!("latchkey-no-mail-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let empty_file = directory.join("url");
    std::fs::write(&empty_file, "\n").unwrap();
    let empty_file = empty_file.to_str().unwrap();
    let off: [&[(&str, &str)]; 4] =
        [&[], &[("MAIL_URL", "")], &[("MAIL_URL_FILE", "")], &[("MAIL_URL_FILE", empty_file)]];
    for changes in off {
        let said = said_of_mail(changes).await;
        let [(level, message)] = &said[..] else { panic!("{changes:?}: {said:?}") };
        assert_eq!(level, "INFO", "{changes:?}");
        assert!(message.starts_with("mail is off; ") && message.contains("MAIL_URL"), "{message}");
    }

    let from = ("MAIL_FROM", "Example <accounts@example.com>");
    for changes in [vec![from], vec![from, ("MAIL_URL_FILE", empty_file)]] {
        let said = said_of_mail(&changes).await;
        let levels: Vec<_> = said.iter().map(|(level, _)| level.as_str()).collect();
        assert_eq!(levels, ["INFO", "WARN"], "{changes:?}: {said:?}");
        assert!(said[1].1.contains("MAIL_FROM is set") && said[1].1.contains("MAIL_URL"), "{said:?}");
    }

    let url = format!("file://{}", directory.display());
    for changes in [vec![("MAIL_URL", url.as_str())], vec![("MAIL_URL", url.as_str()), from]] {
        let said = said_of_mail(&changes).await;
        assert_eq!(said, [], "{changes:?}");
    }
    std::fs::remove_dir_all(directory).unwrap();
}
