//! The command, for those who read its output and its exit code.

use local_stack::testing::TestDatabase;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::{Receiver, Registered, webhooks};

#[tokio::test]
async fn what_cannot_be_added_is_named_with_the_rule() {
    let database = TestDatabase::auth().await;
    let add = async |url: &str, more: &[&str]| {
        let finished = webhooks(&database, &[&["add", url, "--events", "user.created"], more].concat()).await;
        assert_eq!(finished.status.code(), Some(2), "{url}: {finished:?}");
        finished.stderr.join("\n")
    };
    let private = ". Add --allow-private if the receiver is in your own network";
    for (url, error) in [
        ("http://crm.example.com/", format!("must begin with https://{private}")),
        ("https://10.1.2.3/", format!("10.1.2.3 is not a public address{private}")),
        ("https://[::ffff:127.0.0.1]/", format!("::ffff:127.0.0.1 is not a public address{private}")),
        ("https://me:word@crm.example.com/", "must not contain a user name or password".to_owned()),
        ("https://crm.example.com/#a", "must not contain a fragment (#)".to_owned()),
        ("https://crm.example.com:0/", "must not have port 0".to_owned()),
        ("crm.example.com", "is not a URL: relative URL without a base".to_owned()),
    ] {
        assert_eq!(add(url, &[]).await, format!("auth-service: the URL is not allowed: {error}"));
    }
    let ftp = add("ftp://10.1.2.3/", &["--allow-private"]).await;
    assert_eq!(ftp, "auth-service: the URL is not allowed: must begin with https:// or http://");
    for events in ["user.creatd", "user.created,", "webhook.test", ""] {
        let unknown = webhooks(&database, &["add", "https://crm.example.com/", "--events", events]).await;
        assert_eq!(unknown.status.code(), Some(2), "{events}: {unknown:?}");
        let text = unknown.stderr.join("\n");
        assert!(text.contains("user.created, user.verified, user.changed, user.banned"), "{text}");
    }
    let none = webhooks(&database, &["add", "https://crm.example.com/"]).await;
    assert!(none.status.code() == Some(2) && none.stderr.join("\n").contains("--events"), "{none:?}");
}

#[tokio::test]
async fn receivers_are_listed_without_their_secrets_and_removed_with_consent() {
    let database = TestDatabase::auth().await;
    let empty = webhooks(&database, &["list"]).await;
    assert_eq!(empty.stdout, ["No receivers."]);
    let url = "https://crm.example.com/hooks?tenant=1";
    let arguments = ["add", url, "--events", "user.deleted,user.created,user.deleted"];
    let added = Registered::added(&database, &arguments).await;
    let list = webhooks(&database, &["list", "--json"]).await.stdout.join("\n");
    assert!(!list.contains("secret") && !list.contains(&added.secret), "{list}");
    let list: Value = serde_json::from_str(&list).unwrap();
    let receiver = &list["receivers"][0];
    let events = json!(["user.created", "user.deleted"]);
    assert_eq!(
        (&receiver["id"], &receiver["url"], &receiver["events"]),
        (&json!(added.id), &json!(url), &events)
    );
    assert_eq!((&receiver["allow_private"], &receiver["waiting"]), (&json!(false), &json!(0)));
    let text = webhooks(&database, &["list"]).await.stdout;
    assert!(text[0].starts_with("ID") && text[1].contains(url), "{text:?}");

    let unasked = webhooks(&database, &["remove", &added.id]).await;
    assert_eq!(unasked.status.code(), Some(2), "{unasked:?}");
    let removed = webhooks(&database, &["remove", &added.id, "--yes", "--json"]).await;
    let removed: Value = serde_json::from_str(&removed.stdout.join("\n")).unwrap();
    assert_eq!(removed, json!({"id": added.id, "events_dropped": 0}));
    for command in [["remove", &added.id, "--yes"].as_slice(), &["test", &added.id]] {
        let missing = webhooks(&database, command).await;
        assert_eq!(missing.status.code(), Some(3), "{missing:?}");
        assert_eq!(missing.stderr, [format!("auth-service: no webhook receiver has the id {}", added.id)]);
    }
    assert_eq!(webhooks(&database, &["test", "1"]).await.status.code(), Some(2));
}

#[tokio::test]
async fn a_test_says_what_the_receiver_answered() {
    let receiver = Receiver::start(ResponseTemplate::new(503)).await;
    let database = TestDatabase::auth().await;
    let added = Registered::add(&database, &receiver.url(), "user.created").await;
    let test =
        async |arguments: &[&str]| webhooks(&database, &[&["test", &added.id], arguments].concat()).await;
    let refused = test(&[]).await;
    assert_eq!(refused.status.code(), Some(1));
    let expected =
        format!("The receiver {} did not accept the event: it answered 503 Service Unavailable (", added.id);
    assert!(refused.stdout[0].starts_with(&expected), "{refused:?}");
    let accepted = test(&["--json"]).await;
    assert!(accepted.status.success(), "{accepted:?}");
    let accepted: Value = serde_json::from_str(&accepted.stdout.join("\n")).unwrap();
    assert_eq!(
        (&accepted["accepted"], &accepted["status"], &accepted["failure"]),
        (&json!(true), &json!(204), &json!(null))
    );
    assert!(accepted["duration_ms"].is_u64());

    let away = Registered::add(&database, "http://127.0.0.1:1/", "user.created").await;
    let away = webhooks(&database, &["test", &away.id, "--json"]).await;
    let outcome: Value = serde_json::from_str(&away.stdout.join("\n")).unwrap();
    assert_eq!((away.status.code(), &outcome["status"]), (Some(1), &json!(null)));
    assert!(outcome["failure"].as_str().unwrap().starts_with("it cannot be reached: "), "{outcome}");
}

#[tokio::test]
async fn there_is_a_maximum_of_receivers() {
    let database = TestDatabase::auth().await;
    let superuser = crate::support::connect(&database.superuser_url()).await;
    let receivers =
        "INSERT INTO webhook_receivers (id, url, events, sealed_secret, allow_private, created_at)
        SELECT gen_random_uuid(), 'https://crm.example.com/', '{user.created}', '', false, now()
        FROM generate_series(1, 31)";
    superuser.batch_execute(receivers).await.unwrap();
    let add = ["add", "https://crm.example.com/", "--events", "user.created"];
    assert!(webhooks(&database, &add).await.status.success());
    let one_more = webhooks(&database, &add).await;
    assert_eq!(one_more.status.code(), Some(1));
    assert!(
        one_more.stderr[0].contains("there are 32 webhook receivers, which is the maximum"),
        "{one_more:?}"
    );
}
