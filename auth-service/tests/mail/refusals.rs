//! Mail servers that are away, or say no.

use std::time::Duration;

use jiff::SignedDuration;
use local_stack::testing;
use serde_json::json;
use tokio::net::TcpListener;

use super::post::Post;
use super::server::MailServer;

#[tokio::test]
async fn mail_waits_for_a_server_that_is_away() {
    let post = Post::new().await;
    let Some(server) = MailServer::plain().await else { return };
    let (url, port) = (server.url(), server.port);
    server.stop().await;
    let worker = post.worker(&url, None);
    for name in ["alice", "bob", "carol"] {
        post.reset(&format!("{name}@example.org")).await;
    }
    post.until("an attempt", |(_, attempts)| attempts > 0).await;
    assert_eq!(post.waiting().await.0, 3);
    let server = MailServer::start(&json!({"tls": "none", "port": port})).await.unwrap();
    post.until_empty().await;
    let mut recipients: Vec<String> =
        server.received(3).await.iter().map(|mail| mail["to"][0].to_string()).collect();
    recipients.sort();
    assert_eq!(recipients, ["\"alice@example.org\"", "\"bob@example.org\"", "\"carol@example.org\""]);
    worker.stop().await;
}

#[tokio::test]
async fn a_temporary_no_is_asked_again_and_only_later() {
    let post = Post::new().await;
    let settings = json!({"tls": "none", "rcpt": ["451 4.3.0 try later"], "data": ["421 4.3.2 closing"]});
    let Some(mut server) = MailServer::start(&settings).await else { return };
    let worker = post.worker(&server.url(), None);
    post.reset("alice@example.org").await;
    assert_eq!(server.event("refused").await, "451 4.3.0 try later");
    worker.stop().await;
    let due: bool = post
        .superuser
        .query_one("SELECT next_attempt_at > '2026-03-01T12:00:02Z' FROM outbox", &[])
        .await
        .unwrap()
        .get(0);
    assert!(due, "it is not tried again at once");
    let worker = post.worker(&server.url(), None);
    post.until_empty().await;
    assert_eq!(server.received(1).await.len(), 1);
    worker.stop().await;
}

#[tokio::test]
async fn a_final_no_is_taken_and_the_log_says_so_without_the_address() {
    let post = Post::new().await;
    let settings = json!({"tls": "none", "rcpt": ["550 5.1.1 <{to}>: no such user"]});
    let Some(mut server) = MailServer::start(&settings).await else { return };
    // In the real service, whose time is the real one, and whose log this is about.
    let env = [("MAIL_URL", &*server.url()), ("MAIL_FROM", "accounts@example.com"), ("RUST_LOG", "debug")];
    let mut service = testing::auth_service(&post.database, &env).await;
    post.clock.set("2999-01-01T00:00:00Z".parse().unwrap());
    post.reset("alice@example.org").await;
    // Due now, wherever the clocks stand.
    post.superuser.execute("UPDATE outbox SET next_attempt_at = '2000-01-01'", &[]).await.unwrap();
    assert_eq!(server.event("refused").await, "550 5.1.1 <alice@example.org>: no such user");
    let given_up = |line: &str| line.contains("mail given up");
    let line = service.wait_for_line(given_up, Duration::from_secs(30)).await.unwrap();
    assert!(line.contains("550"), "{line}");
    post.until("gone", |(rows, _)| rows == 0).await;
    let log = service.output();
    assert_eq!(log.iter().filter(|line| given_up(line)).count(), 1);
    for line in &log {
        assert!(!line.contains("alice") && !line.contains("7Qm0Zk3sZ8vX"), "{line}");
    }
    assert!(service.terminate().await.unwrap().success());
}

#[tokio::test]
async fn a_server_that_says_nothing_holds_no_connection_and_its_mail_is_taken_over_after_the_lease() {
    let post = Post::new().await;
    let Some(server) = MailServer::plain().await else { return };
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", silent.local_addr().unwrap());
    let worker = post.worker_of(post.outbox.clone(), &url, None);
    let pool = worker.pool.clone();
    post.reset("alice@example.org").await;
    let stuck = super::post::start(worker);
    let _connected = silent.accept().await.unwrap();
    // Another lane may just be looking.
    post.until("the connection to the database is back while the mail server is waited for", |_| {
        pool.idle() == 1
    })
    .await;
    let open =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL
        AND pid <> pg_backend_pid()";
    assert_eq!(
        post.superuser.query_one(open, &[]).await.unwrap().get::<_, i64>(0),
        0,
        "no transaction is open"
    );
    stuck.stop().await;

    let (outbox, worker) = post.replica(&server.url(), None);
    post.clock.advance(SignedDuration::from_secs(179));
    outbox.wake();
    assert_eq!(post.waiting().await, (1, 1), "it could still be under way");
    post.clock.advance(SignedDuration::from_secs(1));
    outbox.wake();
    post.until("taken over", |(rows, _)| rows == 0).await;
    assert_eq!(server.received(1).await.len(), 1);
    worker.stop().await;
}
